/* A good request for a message: keeps it, spoils it as --fail says, and plans what becomes of it. */
#pragma once

#include "tools/simulator/simulator.h"

/*
 * Sets error, hidden and keeps_callback of message. 0, -EEXIST if its callback was used before, -ENOMEM. ret_fault: how
 * it is spoilt, or NULL.
 */
int deliver(struct simulator *simulator, struct message *message, const struct fault **ret_fault);
