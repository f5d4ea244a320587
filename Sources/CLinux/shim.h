// Linux system calls that Swift's Glibc module does not export.
// _GNU_SOURCE is not defined here: fd_set would then differ from Glibc's and the build fail.
#pragma once
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>

int malloc_trim(size_t pad);
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
ssize_t getrandom(void *buffer, size_t length, unsigned int flags);
int pipe2(int descriptors[2], int flags);
int pthread_setname_np(pthread_t thread, const char *name);

// glibc's POSIX_SPAWN_SETSID is only defined under _GNU_SOURCE.
static const short wg_posix_spawn_setsid = 0x80;

// Swift imports no function with variable arguments.
static inline int wg_forbid_core_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Swift cannot import the CMSG macros, nor struct ucred, which is only defined under _GNU_SOURCE.

// The most descriptors that the kernel passes in one message (SCM_MAX_FD).
enum { wg_most_descriptors = 253 };

// Sends bytes with open descriptors attached (SCM_RIGHTS); as sendmsg.
static inline ssize_t wg_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, int count) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * wg_most_descriptors)];
    } control;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count < 0 || count > wg_most_descriptors) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

// Receives bytes and the descriptors attached to them, closed on exec; as recvmsg. `descriptors` has room for
// wg_most_descriptors; `*count` tells how many came.
static inline ssize_t wg_receive_descriptors(int socket, void *bytes, size_t length, int *descriptors, int *count) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * wg_most_descriptors)];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t size = header->cmsg_len - CMSG_LEN(0);
        if (size > sizeof(int) * (size_t)(wg_most_descriptors - *count)) continue;
        memcpy(descriptors + *count, CMSG_DATA(header), size);
        *count += (int)(size / sizeof(int));
    }
    return received;
}

// The user at the other end of a connected unix socket, by the kernel's word; as getsockopt.
static inline int wg_peer_user(int socket, uid_t *user) {
    struct {
        pid_t process;
        uid_t user;
        gid_t group;
    } peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
    *user = peer.user;
    return 0;
}
