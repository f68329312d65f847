/* A login by bare protocol, as the module would begin it for somebody whose public key sshd has accepted. */
#pragma once

#include "wire/proto.h"

#include <stddef.h>
#include <stdint.h>

/* All of them end the program when the core does not do what is expected. */

/* Connects and begins; the connection. *began (may be NULL): the moment before login-begin was sent. */
int visitor_begin(const char *login_socket, size_t person, int64_t *began);
/* Waits to be asked for the code. */
void visitor_wait(int fd, struct ask *ask);
/* Answers, and is let in. */
void visitor_answer(int fd, const struct ask *ask, const char *code);
