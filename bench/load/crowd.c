// Clients that do no good, in numbers: one thread, one epoll set, loopback only. Beside them the load generator's
// deliveries must still be answered in time.
//
// usage: crowd -p PORT (-o RATE | -w CLIENTS -f FILE)
//   -o  opens so many connections a second and closes each as soon as it is established
//   -w  slow clients: each sends a request a byte a second, every other one its head at once; who is closed comes again
//   -f  the requests of slow clients, as bench/harness/requests.py writes them (the first is used)
// Prints a line when the crowd is complete, and one of JSON when stdin ends: connections opened, connections that failed,
// bytes sent, connections that the server closed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, ADDRESSES = 200, LONGEST_REQUEST = 1 << 16, SLICES = 50, BURST = 64 };

// In seconds.
static const double LONGEST_DELAY = 0.1;

struct client {
    int descriptor;    // -1: none
    int is_open;
    size_t sent;
};

static struct sockaddr_in server;
static int poller;
static uint64_t opened, failed, bytes_sent, closed;
static char request[LONGEST_REQUEST];
static size_t request_size, head_size;

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Begins a connection. Each comes from another of 200 loopback addresses, so that closed ones, whose ports rest for a
// while, leave enough.
static void open_client(struct client *client) {
    static uint32_t turn;
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000102u + turn++ % ADDRESSES)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (descriptor < 0) fail("socket");
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
    *client = (struct client){.descriptor = descriptor};
    if (bind(descriptor, (struct sockaddr *)&source, sizeof source)
        || (connect(descriptor, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS)
        || epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event)) {
        failed++;
        close(descriptor);
        client->descriptor = -1;
    }
}

static void close_client(struct client *client) {
    if (client->descriptor >= 0) close(client->descriptor);
    client->descriptor = -1;
    client->is_open = 0;
}

static int wait_for(struct epoll_event *events, double until) {
    double rest = until - now();
    struct timespec wait = {0, rest <= 0 ? 0 : rest > 0.1 ? 100000000 : (long)(rest * 1e9)};
    return epoll_pwait2(poller, events, EVENTS, &wait, NULL);
}

static int is_told_to_end(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static void say_ready(void) {
    puts("ready");
    fflush(stdout);
}

// MARK: Opened and closed

static void open_and_close(double rate) {
    // Those that are being established; a second's worth is more than there ever are.
    size_t count = (size_t)rate + 1, turn = 0;
    struct client *clients = calloc(count, sizeof *clients);
    if (!clients) fail("calloc");
    for (size_t index = 0; index < count; index++) clients[index].descriptor = -1;
    struct epoll_event events[EVENTS];
    double due = now(), ends = 0;
    say_ready();
    while (1) {
        // Who has been kept from running does not make up for it: that would be another crowd.
        if (now() - due > LONGEST_DELAY) due = now();
        for (int burst = 0; due <= now() && burst < BURST; burst++, due += 1 / rate) {
            struct client *client = &clients[turn++ % count];
            if (client->descriptor >= 0) failed++;
            close_client(client);
            open_client(client);
        }
        if (due > ends) {
            if (is_told_to_end()) break;
            ends = due + 0.05;
        }
        int ready = wait_for(events, due);
        for (int index = 0; index < ready; index++) {
            struct client *client = events[index].data.ptr;
            if (client->descriptor < 0) continue;
            if (events[index].events & (EPOLLERR | EPOLLHUP)) failed++;
            else opened++;
            close_client(client);
        }
    }
    for (size_t index = 0; index < count; index++) close_client(&clients[index]);
}

// MARK: A byte a second

static void read_request(const char *path) {
    uint32_t length;
    FILE *file = fopen(path, "rb");
    if (!file || fread(&length, sizeof length, 1, file) != 1 || length > sizeof request
        || fread(request, 1, length, file) != length)
        fail(path);
    fclose(file);
    request_size = length;
    const char *end = memmem(request, length, "\r\n\r\n", 4);
    head_size = end ? (size_t)(end - request) + 4 : 0;
}

// The next byte, or the whole head of a client that begins with it.
static void drip(struct client *client, int sends_head) {
    if (client->descriptor < 0) open_client(client);
    if (!client->is_open || client->sent >= request_size) return;
    size_t count = sends_head && client->sent == 0 ? head_size : 1;
    ssize_t sent = send(client->descriptor, request + client->sent, count, MSG_NOSIGNAL);
    if (sent > 0) {
        client->sent += (size_t)sent;
        bytes_sent += (uint64_t)sent;
    }
}

static void notice(struct client *client, uint32_t happened) {
    if (client->descriptor < 0) return;
    if (happened & (EPOLLERR | EPOLLHUP) && !client->is_open) {
        failed++;
        close_client(client);
    } else if (happened & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        // An answer (408) or the end: in both cases the server has done with it.
        closed++;
        close_client(client);
    } else if (!client->is_open) {
        client->is_open = 1;
        opened++;
    }
}

static void hold_slow_clients(int count) {
    struct client *clients = calloc((size_t)count, sizeof *clients);
    if (!clients) fail("calloc");
    for (int index = 0; index < count; index++) open_client(&clients[index]);
    struct epoll_event events[EVENTS];
    double due = now();
    int slice = 0, is_ready = 0;
    while (!is_told_to_end()) {
        // A fiftieth of the clients every fiftieth of a second.
        for (; due <= now(); due += 1.0 / SLICES) {
            for (int index = slice; index < count; index += SLICES) drip(&clients[index], index % 2);
            slice = (slice + 1) % SLICES;
        }
        int ready = wait_for(events, due);
        for (int index = 0; index < ready; index++) notice(events[index].data.ptr, events[index].events);
        if (!is_ready && opened >= (uint64_t)count) {
            is_ready = 1;
            say_ready();
        }
    }
    for (int index = 0; index < count; index++) close_client(&clients[index]);
}

int main(int count, char **arguments) {
    const char *file = NULL;
    double rate = 0;
    int slow = 0, port = 0, option;
    while ((option = getopt(count, arguments, "p:o:w:f:")) > 0) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'o': rate = atof(optarg); break;
        case 'w': slow = atoi(optarg); break;
        case 'f': file = optarg; break;
        default: return 2;
        }
    }
    if (port <= 0 || (rate <= 0) == (slow <= 0) || (slow > 0 && !file)) {
        fputs("usage: crowd -p PORT (-o RATE | -w CLIENTS -f FILE)\n", stderr);
        return 2;
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll_create1");
    if (slow > 0) {
        read_request(file);
        hold_slow_clients(slow);
    } else {
        open_and_close(rate);
    }
    printf("{\"opened\":%lu,\"failed\":%lu,\"sent\":%lu,\"closed\":%lu}\n", opened, failed, bytes_sent, closed);
    return 0;
}
