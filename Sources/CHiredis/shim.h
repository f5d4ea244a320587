// Only hiredis' RESP codec is used (redisReader): sockets, TLS and deadlines are the gateway's own.
#pragma once
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
