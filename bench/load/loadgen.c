// Load generator of the benchmark: one thread, one epoll set, keep-alive connections, loopback only.
//
// It sends the signed requests of a file ([u32 little-endian length][bytes]…), each at most once, and prints one line
// of JSON. A closed loop keeps one request in flight on each connection. With a rate, requests leave at fixed times and
// a latency counts from the time at which its request was due, so that a stalled server cannot hide the wait of those
// behind it (coordinated omission).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: loadgen -f FILE -p PORT [-c CONNECTIONS] [-n REQUESTS] [-d SECONDS] [-r RATE] [-s SKIP] [-t] [-i IDLE]\n"
    "               [-l PID]\n"
    "  -f  requests, as bench/harness/requests.py writes them\n"
    "  -c  connections (64)\n"
    "  -n  requests at most; -d seconds at most\n"
    "  -r  requests a second, sent at fixed times; 0: as fast as answers come\n"
    "  -s  begins at this request of the file\n"
    "  -t  TLS; the certificate is not checked\n"
    "  -l  in step: the process PID is stopped while each connection sends, so that it finds all requests at once\n"
    "  -i  opens so many connections, has one request answered on each, prints a line, waits for the end of stdin\n";

enum { READ_SIZE = 16 * 1024, EVENTS = 256, STALL_SECONDS = 10, WAKING = 60000, LONGEST_WAIT = 1000000 };

static uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

// MARK: Latencies: a log-linear histogram of nanoseconds, precise to 1/64.

enum { STEPS = 64, BUCKETS = 60 * STEPS };
static uint64_t histogram[BUCKETS], latency_count, latency_maximum;

static int bucket_of(uint64_t value) {
    if (value < STEPS) return (int)value;
    int shift = 63 - __builtin_clzll(value) - 6;
    return (shift + 1) * STEPS + (int)((value >> shift) - STEPS);
}

static uint64_t value_of(int bucket) {
    if (bucket < STEPS) return (uint64_t)bucket;
    int shift = bucket / STEPS - 1;
    return ((uint64_t)(bucket % STEPS + STEPS) << shift) + (((uint64_t)1 << shift) >> 1);
}

static void record(uint64_t latency) {
    int bucket = bucket_of(latency);
    histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    latency_count++;
    if (latency > latency_maximum) latency_maximum = latency;
}

static double microseconds_at(double share) {
    uint64_t wanted = (uint64_t)(share * (double)latency_count), seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        seen += histogram[bucket];
        if (seen > wanted) return (double)value_of(bucket) / 1000;
    }
    return (double)latency_maximum / 1000;
}

// MARK: Requests

static const char *requests;
static size_t requests_size, request_position;

static void map_requests(const char *path, uint64_t skip) {
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status)) fail(path);
    requests_size = (size_t)status.st_size;
    requests = mmap(NULL, requests_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (requests == MAP_FAILED) fail(path);
    for (uint32_t length; skip-- && request_position + 4 <= requests_size; request_position += 4 + length)
        memcpy(&length, requests + request_position, 4);
}

// The next request; 0 when the file is used up.
static int next_request(const char **bytes, uint32_t *length) {
    if (request_position + 4 > requests_size) return 0;
    memcpy(length, requests + request_position, 4);
    *bytes = requests + request_position + 4;
    request_position += 4 + *length;
    return 1;
}

// MARK: Connections

typedef struct {
    int descriptor;
    SSL *session;
    uint64_t due;
    const char *request;
    uint32_t length, sent, received;
    int is_busy, closes;
    int status, body_start;
    int64_t body_length; // -1: chunked
    char answer[READ_SIZE];
} Connection;

static struct sockaddr_in server;
static SSL_CTX *tls;
static int poller;
static uint64_t requests_sent, accepted, refused, failed, reconnects;

static int dial(SSL **session) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (descriptor < 0) fail("socket");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (int attempt = 0; connect(descriptor, (struct sockaddr *)&server, sizeof server); attempt++) {
        if (attempt >= 200 || (errno != ECONNREFUSED && errno != EAGAIN && errno != EINTR)) fail("connect");
        usleep(20000);
    }
    *session = NULL;
    if (tls) {
        *session = SSL_new(tls);
        if (!*session || !SSL_set_fd(*session, descriptor) || SSL_connect(*session) != 1) {
            fputs("loadgen: the TLS handshake failed\n", stderr);
            exit(2);
        }
    }
    return descriptor;
}

static void watch(Connection *connection, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->descriptor, &event)) fail("epoll_ctl");
}

static void open_connection(Connection *connection) {
    connection->descriptor = dial(&connection->session);
    fcntl(connection->descriptor, F_SETFL, O_NONBLOCK);
    watch(connection, EPOLLIN, EPOLL_CTL_ADD);
}

static void reopen(Connection *connection) {
    SSL_free(connection->session);
    close(connection->descriptor);
    open_connection(connection);
    reconnects++;
}

// Bytes moved; -1: not now; -2: the connection is gone.
static ssize_t tls_result(Connection *connection, int result) {
    if (result > 0) return result;
    int reason = SSL_get_error(connection->session, result);
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? -1 : -2;
}

static ssize_t write_some(Connection *connection, const char *bytes, size_t count) {
    if (connection->session) return tls_result(connection, SSL_write(connection->session, bytes, (int)count));
    ssize_t result = send(connection->descriptor, bytes, count, MSG_NOSIGNAL);
    return result >= 0 ? result : errno == EAGAIN ? -1 : -2;
}

static ssize_t read_some(Connection *connection, char *bytes, size_t count) {
    if (connection->session) return tls_result(connection, SSL_read(connection->session, bytes, (int)count));
    ssize_t result = recv(connection->descriptor, bytes, count, 0);
    return result > 0 ? result : result < 0 && errno == EAGAIN ? -1 : -2;
}

// Sends what is left of the request; 0 when the connection is gone.
static int push(Connection *connection) {
    while (connection->sent < connection->length) {
        ssize_t count =
            write_some(connection, connection->request + connection->sent, connection->length - connection->sent);
        if (count == -1) {
            watch(connection, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return 1;
        }
        if (count < 0) return 0;
        connection->sent += (uint32_t)count;
    }
    return 1;
}

// Sends the next request, due at `due`; 0 when there is none left.
static int begin(Connection *connection, uint64_t due) {
    if (!next_request(&connection->request, &connection->length)) return 0;
    connection->sent = connection->received = 0;
    connection->body_start = connection->closes = 0;
    connection->is_busy = 1;
    connection->due = due;
    requests_sent++;
    if (!push(connection)) {
        // Seen as an answer that never came: the next read finds the connection gone.
        connection->sent = connection->length;
    }
    return 1;
}

static void read_head(Connection *connection, const char *end) {
    connection->body_start = (int)(end - connection->answer) + 4;
    connection->status = atoi(connection->answer + 9);
    connection->body_length = 0;
    for (const char *line = connection->answer; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end + 2 - line));
        if (!next) break;
        if (!strncasecmp(line, "content-length:", 15)) connection->body_length = atoll(line + 15);
        if (!strncasecmp(line, "transfer-encoding:", 18)) connection->body_length = -1;
        if (!strncasecmp(line, "connection: close", 17)) connection->closes = 1;
        line = next + 1;
    }
}

// Whether the answer is complete.
static int is_complete(Connection *connection) {
    if (!connection->body_start) {
        const char *end = memmem(connection->answer, connection->received, "\r\n\r\n", 4);
        if (!end) return 0;
        read_head(connection, end);
    }
    if (connection->body_length < 0)
        return connection->received >= 5
            && !memcmp(connection->answer + connection->received - 5, "0\r\n\r\n", 5);
    return (int64_t)connection->received >= connection->body_start + connection->body_length;
}

typedef enum { INCOMPLETE, COMPLETE, GONE } Progress;

static Progress receive(Connection *connection) {
    while (1) {
        size_t room = sizeof connection->answer - connection->received;
        ssize_t count = read_some(connection, connection->answer + connection->received, room);
        if (count == -1) return INCOMPLETE;
        if (count < 0) return GONE;
        connection->received += (uint32_t)count;
        if (connection->is_busy && is_complete(connection)) return COMPLETE;
        if (connection->received == sizeof connection->answer) return GONE;
        // Plain sockets tell again of what is left; bytes that OpenSSL holds are not told of.
        if (!connection->session) return INCOMPLETE;
    }
}

static void count_answer(Connection *connection, Progress progress, uint64_t now) {
    static int has_shown;
    if (progress == GONE) {
        failed++;
    } else if (connection->status / 100 == 2) {
        accepted++;
    } else {
        refused++;
        if (!has_shown) {
            has_shown = 1;
            fprintf(stderr, "first answer that is not 2xx: %.*s\n", (int)connection->received, connection->answer);
        }
    }
    record(now - connection->due);
}

// MARK: Modes

static void hold_idle_connections(int count) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int answered = 0;
    char answer[4096];
    for (int index = 0; index < count; index++) {
        const char *request;
        uint32_t length;
        SSL *session;
        int descriptor = dial(&session);
        if (!next_request(&request, &length)) break;
        if (session) {
            if (SSL_write(session, request, (int)length) <= 0) continue;
            if (SSL_read(session, answer, sizeof answer) <= 12) continue;
        } else {
            if (send(descriptor, request, length, MSG_NOSIGNAL) < 0) continue;
            if (recv(descriptor, answer, sizeof answer, 0) <= 12) continue;
        }
        answered += !memcmp(answer + 9, "200", 3);
    }
    printf("{\"idle\":%d,\"answered\":%d}\n", count, answered);
    fflush(stdout);
    while (read(STDIN_FILENO, answer, sizeof answer) > 0) {}
}

typedef struct {
    int connections;
    uint64_t requests;
    double seconds, rate;
    // 0, or the server that is stopped while a step's requests leave: its loop turns are then the same in every run.
    pid_t in_step_with;
} Load;

static void tell(pid_t process, int signal) {
    if (process && kill(process, signal)) fail("kill");
}

static void run(Load load) {
    Connection *all = calloc((size_t)load.connections, sizeof *all);
    Connection **unused = calloc((size_t)load.connections, sizeof *unused);
    if (!all || !unused) fail("calloc");
    for (int index = 0; index < load.connections; index++) {
        open_connection(&all[index]);
        unused[load.connections - 1 - index] = &all[index];
    }
    int unused_count = load.connections, stopping = 0;
    struct epoll_event events[EVENTS];
    uint64_t start = nanoseconds(), last = start, end = start + (uint64_t)(load.seconds * 1e9), answered = 0;
    uint64_t step = load.rate > 0 ? (uint64_t)(1e9 / load.rate) : 0, due = start;

    while (1) {
        uint64_t now = nanoseconds();
        if (now >= end) stopping = 1;
        // A request that is due while every connection is busy keeps its due time and leaves with the next free one.
        int waits = load.in_step_with && unused_count < load.connections;
        if (!waits) tell(load.in_step_with, SIGSTOP);
        while (!stopping && !waits && unused_count > 0 && (!step || due <= now)) {
            if (requests_sent >= load.requests || !begin(unused[unused_count - 1], step ? due : now)) {
                stopping = 1;
                break;
            }
            unused_count--;
            due += step;
        }
        if (!waits) tell(load.in_step_with, SIGCONT);
        if (stopping && unused_count == load.connections) break;
        if (now > last + STALL_SECONDS * 1000000000ull && now > start + STALL_SECONDS * 1000000000ull) break;

        int count;
        now = nanoseconds();
        if (step && !stopping && unused_count > 0) {
            // Sleeping takes some 50 µs to wake from: nearer than that, the time is watched awake.
            uint64_t rest = due > now + WAKING ? due - now - WAKING : 0;
            struct timespec wait = {0, (long)(rest < LONGEST_WAIT ? rest : LONGEST_WAIT)};
            count = epoll_pwait2(poller, events, EVENTS, &wait, NULL);
        } else {
            count = epoll_wait(poller, events, EVENTS, 1000);
        }
        for (int index = 0; index < count; index++) {
            Connection *connection = events[index].data.ptr;
            if (events[index].events & EPOLLOUT) {
                watch(connection, EPOLLIN, EPOLL_CTL_MOD);
                push(connection);
            }
            if (!(events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
            Progress progress = receive(connection);
            if (progress == INCOMPLETE) continue;
            last = nanoseconds();
            if (connection->is_busy) {
                count_answer(connection, progress, last);
                connection->is_busy = 0;
                answered++;
                unused[unused_count++] = connection;
            }
            if (progress == GONE || connection->closes) reopen(connection);
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    double seconds = (double)(last - start) / 1e9;
    printf(
        "{\"rps\":%.0f,\"requests\":%lu,\"seconds\":%.3f,\"ok\":%lu,\"refused\":%lu,\"failed\":%lu,\"unanswered\":%d,"
        "\"reconnects\":%lu,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,"
        "\"client_cpu_us\":%.2f}\n",
        seconds > 0 ? (double)answered / seconds : 0, answered, seconds, accepted, refused, failed,
        load.connections - unused_count, reconnects, microseconds_at(.5), microseconds_at(.9), microseconds_at(.99),
        microseconds_at(.999), (double)latency_maximum / 1000, answered ? cpu / (double)answered : 0);
}

int main(int count, char **arguments) {
    Load load = {.connections = 64, .requests = UINT64_MAX, .seconds = 60};
    const char *file = NULL;
    int port = 0, idle = 0, option;
    uint64_t skip = 0;
    while ((option = getopt(count, arguments, "f:p:c:n:d:r:s:ti:l:")) > 0) {
        switch (option) {
        case 'f': file = optarg; break;
        case 'p': port = atoi(optarg); break;
        case 'c': load.connections = atoi(optarg); break;
        case 'n': load.requests = strtoull(optarg, NULL, 10); break;
        case 'd': load.seconds = atof(optarg); break;
        case 'r': load.rate = atof(optarg); break;
        case 's': skip = strtoull(optarg, NULL, 10); break;
        case 't': tls = SSL_CTX_new(TLS_client_method()); break;
        case 'l': load.in_step_with = atoi(optarg); break;
        case 'i': idle = atoi(optarg); break;
        default: fputs(usage, stderr); return 2;
        }
    }
    if (!file || port <= 0 || load.connections <= 0) {
        fputs(usage, stderr);
        return 2;
    }
    if (tls) SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    map_requests(file, skip);
    if (idle > 0) {
        hold_idle_connections(idle);
        return 0;
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll_create1");
    run(load);
    return 0;
}
