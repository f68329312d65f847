/* Codes by person, in memory that a process shares with those that it forks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct mailbox;

/* Ends the program if there is no memory. */
struct mailbox *mailbox_new(size_t people);
void mailbox_put(struct mailbox *mailbox, size_t person, const char *code);
/* How many codes this person has had. */
uint32_t mailbox_count(const struct mailbox *mailbox, size_t person);
/* Waits for the one after the seenth. The code, or NULL after five seconds. */
const char *mailbox_wait(struct mailbox *mailbox, size_t person, uint32_t seen);
