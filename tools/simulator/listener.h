/* The listening socket. */
#pragma once

#include <stddef.h>
#include <sys/socket.h>

/* A socket that listens on an address, or -errno. ret_port: the port, also where the address left it to the system. */
int listener_open(const struct sockaddr_storage *address, unsigned *ret_port);
