// Linux system calls that Swift's Glibc module does not export.
// _GNU_SOURCE is not defined here: fd_set would then differ from Glibc's and the build fail.
#pragma once
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>

int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
ssize_t getrandom(void *buffer, size_t length, unsigned int flags);
int pipe2(int descriptors[2], int flags);
int pthread_setname_np(pthread_t thread, const char *name);

// glibc's POSIX_SPAWN_SETSID is only defined under _GNU_SOURCE.
static const short wg_posix_spawn_setsid = 0x80;
