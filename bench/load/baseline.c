// What a store write costs at the least: the three writes of ingest.lua, one EVALSHA a webhook, over one connection
// that keeps DEPTH of them on their way. No HTTP, no signature, no JSON: only Redis' share of the work is of interest.
//
// usage: baseline FILE PORT SHA DEPTH REQUESTS      FILE as for loadgen; prints one line of JSON
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EVENT_SIZE = 762, KEY_SIZE = 46, BATCH_SIZE = 4 * 1024 * 1024 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static int dial(int port) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&server, sizeof server)) fail("connect");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

static size_t append_call(char *out, const char *sha, uint64_t serial, const char *body, int body_length) {
    char event[EVENT_SIZE + 1], key[KEY_SIZE + 1];
    memset(event, 'e', EVENT_SIZE);
    event[EVENT_SIZE] = 0;
    snprintf(key, sizeof key, "%046lu", serial);
    int length = sprintf(
        out,
        "*10\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n$1\r\n3\r\n$%d\r\nwh:d:%s\r\n$12\r\nwh:q:default\r\n$%d\r\nwh:raw:%s\r\n"
        "$%d\r\n%s\r\n$%d\r\n",
        sha, KEY_SIZE + 5, key, KEY_SIZE + 7, key, EVENT_SIZE, event, body_length);
    memcpy(out + length, body, (size_t)body_length);
    static const char tail[] = "\r\n$5\r\n86400\r\n$6\r\n604800\r\n";
    memcpy(out + length + body_length, tail, sizeof tail - 1);
    return (size_t)length + (size_t)body_length + sizeof tail - 1;
}

static void write_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written <= 0) fail("write");
        bytes += written;
        count -= (size_t)written;
    }
}

int main(int count, char **arguments) {
    if (count != 6) {
        fputs("usage: baseline FILE PORT SHA DEPTH REQUESTS\n", stderr);
        return 2;
    }
    struct stat status;
    int file = open(arguments[1], O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status)) fail(arguments[1]);
    size_t size = (size_t)status.st_size, position = 0;
    const char *requests = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (requests == MAP_FAILED) fail(arguments[1]);
    int redis = dial(atoi(arguments[2])), depth = atoi(arguments[4]);
    uint64_t total = strtoull(arguments[5], NULL, 10), sent = 0, answered = 0, stored = 0;
    static char batch[BATCH_SIZE], answers[64 * 1024];
    double start = now();

    while (answered < total && position + 4 <= size) {
        size_t length = 0;
        while (sent < total && sent - answered < (uint64_t)depth && length < BATCH_SIZE / 2 && position + 4 <= size) {
            uint32_t request_length;
            memcpy(&request_length, requests + position, 4);
            const char *request = requests + position + 4;
            const char *body = memmem(request, request_length, "\r\n\r\n", 4) + 4;
            length += append_call(batch + length, arguments[3], sent, body, (int)(request + request_length - body));
            position += 4 + request_length;
            sent++;
        }
        write_all(redis, batch, length);
        ssize_t received = read(redis, answers, sizeof answers);
        if (received <= 0) fail("read");
        for (ssize_t index = 0; index < received; index++) {
            if (answers[index] == '-') {
                fprintf(stderr, "baseline: Redis answered %.*s\n", (int)(received - index), answers + index);
                return 1;
            }
            answered += answers[index] == '\n';
            stored += answers[index] == '1';
        }
    }
    double seconds = now() - start;
    printf("{\"rps\":%.0f,\"requests\":%lu,\"ok\":%lu}\n", (double)answered / seconds, answered, stored);
    return 0;
}
