// The files of the dashboard, put into the program when it is compiled.

#ifndef DASHBOARD_H
#define DASHBOARD_H

#include <stddef.h>

struct dashboard_file {
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

size_t dashboard_file_count(void);

// `index` is below the count.
struct dashboard_file dashboard_file_at(size_t index);

#endif
