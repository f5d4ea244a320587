// A destination on loopback that is not the bottleneck: one thread, epoll, keep-alive; it looks at no more of a request
// than its length, keeps the event ids it is shown (header `webhook-id`) and answers all alike.
//
// usage: receiver [-s STATUS] [-d MILLISECONDS] [-r N] [-b BODY]
//   -s  the status of every answer (200)      -d  how long every answer takes (0)
//   -r  one request in N is taken, and its connection reset instead of answered (never)      -b  the body of answers ("OK")
// Prints its port. On SIGTERM, one line of JSON: requests, resets, distinct ids, ids that came more than once without a
// reset of theirs.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 4096, BUFFER = 1 << 16, ID_SIZE = 32, IDS = 1 << 21, WAITING = 1 << 16 };

struct connection {
    size_t have;       // bytes of a head that is not complete
    size_t left;       // bytes of a body still to come
    char id[ID_SIZE];  // of the request being read
    char head[8192];
};
struct id { char text[ID_SIZE]; uint32_t count, resets; };
struct answer { double due; int descriptor; uint32_t generation; };

static struct connection *connections[MOST_CONNECTIONS];
static uint32_t generations[MOST_CONNECTIONS];
static struct id *ids;
static struct answer *waiting;
static size_t first, last;
static uint64_t requests, resets, distinct;
static char reply[1024];
static size_t reply_length;
static int listener, loop, one_in;
static double delay;
static volatile sig_atomic_t is_over;

static void over(int signal) { (void)signal; is_over = 1; }

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct id *find(const char *text) {
    uint64_t hash = 14695981039346656037u;
    for (const char *at = text; *at; at++) hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    size_t place = hash & (IDS - 1);
    while (ids[place].text[0] && strcmp(ids[place].text, text)) place = (place + 1) & (IDS - 1);
    if (!ids[place].text[0]) {
        if (++distinct > IDS * 3 / 4) fail("more ids than fit");
        strcpy(ids[place].text, text);
    }
    return &ids[place];
}

static void drop(int descriptor, int by_reset) {
    struct linger linger = {.l_onoff = by_reset, .l_linger = 0};
    if (by_reset) setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    free(connections[descriptor]);
    connections[descriptor] = NULL;
    generations[descriptor]++;
    close(descriptor);
}

// The request is complete; returns 0 when its connection is gone.
static int answer(int descriptor, struct connection *connection) {
    struct id *id = connection->id[0] ? find(connection->id) : NULL;
    if (id) id->count++;
    connection->id[0] = 0;
    if (one_in && ++requests % (uint64_t)one_in == 0) {
        if (id) id->resets++;
        resets++;
        drop(descriptor, 1);
        return 0;
    }
    if (!one_in) requests++;
    if (delay > 0) {
        if (last - first == WAITING) fail("too many answers wait");
        waiting[last++ % WAITING] = (struct answer){now() + delay, descriptor, generations[descriptor]};
    } else if (send(descriptor, reply, reply_length, MSG_NOSIGNAL) != (ssize_t)reply_length) {
        drop(descriptor, 0);
        return 0;
    }
    return 1;
}

static void read_head(struct connection *connection, const char *end) {
    for (char *line = connection->head; line < end;) {
        char *stop = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (!stop || stop == line) break;
        if (!strncasecmp(line, "content-length:", 15)) connection->left = strtoul(line + 15, NULL, 10);
        if (!strncasecmp(line, "webhook-id:", 11)) {
            char *value = line + 11 + strspn(line + 11, " ");
            size_t length = (size_t)(stop - value);
            if (length < ID_SIZE) {
                memcpy(connection->id, value, length);
                connection->id[length] = 0;
            }
        }
        line = stop + 2;
    }
}

static void serve(int descriptor) {
    static char buffer[BUFFER];
    for (;;) {
        ssize_t count = recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
        if (count <= 0) {
            if (count == 0 || errno != EAGAIN) drop(descriptor, 0);
            return;
        }
        struct connection *connection = connections[descriptor];
        for (char *at = buffer, *end = buffer + count; at < end;) {
            if (connection->left) {
                size_t part = connection->left < (size_t)(end - at) ? connection->left : (size_t)(end - at);
                connection->left -= part;
                at += part;
                if (!connection->left && !answer(descriptor, connection)) return;
                continue;
            }
            size_t room = sizeof connection->head - connection->have;
            size_t part = room < (size_t)(end - at) ? room : (size_t)(end - at);
            memcpy(connection->head + connection->have, at, part);
            size_t before = connection->have;
            connection->have += part;
            char *stop = memmem(connection->head, connection->have, "\r\n\r\n", 4);
            if (!stop) {
                if (connection->have == sizeof connection->head) return drop(descriptor, 1);
                at += part;
                continue;
            }
            at += (size_t)(stop + 4 - connection->head) - before;
            connection->have = 0;
            read_head(connection, stop + 2);
            if (!connection->left && !answer(descriptor, connection)) return;
        }
    }
}

static void welcome(void) {
    int descriptor, on = 1;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (descriptor >= MOST_CONNECTIONS) fail("more connections than fit");
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections[descriptor] = calloc(1, sizeof *connections[descriptor]);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        if (!connections[descriptor] || epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &event)) fail("accept");
    }
}

static void answer_due(void) {
    for (double time = now(); first < last && waiting[first % WAITING].due <= time; first++) {
        struct answer *due = &waiting[first % WAITING];
        if (generations[due->descriptor] != due->generation) continue;
        if (send(due->descriptor, reply, reply_length, MSG_NOSIGNAL) != (ssize_t)reply_length) drop(due->descriptor, 0);
    }
}

int main(int count, char **words) {
    int status = 200;
    const char *body = "OK";
    for (int option; (option = getopt(count, words, "s:d:r:b:")) != -1;) {
        if (option == 's') status = atoi(optarg);
        else if (option == 'd') delay = atof(optarg) / 1000;
        else if (option == 'r') one_in = atoi(optarg);
        else if (option == 'b') body = optarg;
        else return 2;
    }
    reply_length = (size_t)snprintf(
        reply, sizeof reply, "HTTP/1.1 %d Status\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", status,
        strlen(body), body);
    if (reply_length >= sizeof reply) return 2;
    ids = calloc(IDS, sizeof *ids);
    waiting = calloc(WAITING, sizeof *waiting);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    loop = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    if (!ids || !waiting || listener < 0 || loop < 0 || bind(listener, (struct sockaddr *)&address, length)
        || listen(listener, 1024) || getsockname(listener, (struct sockaddr *)&address, &length)
        || epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event))
        fail("listen");
    signal(SIGTERM, over);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    while (!is_over) {
        int ready = epoll_wait(loop, events, 256, first < last ? 1 : 100);
        for (int at = 0; at < ready; at++) {
            if (events[at].data.fd == listener) welcome();
            else if (connections[events[at].data.fd]) serve(events[at].data.fd);
        }
        answer_due();
    }
    uint64_t doubled = 0;
    for (size_t place = 0; place < IDS; place++) doubled += ids[place].count > ids[place].resets + 1;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"requests\":%lu,\"resets\":%lu,\"distinct\":%lu,\"doubled\":%lu,\"cpu\":%.3f}\n", requests, resets, distinct,
           doubled, (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
           + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    return 0;
}
