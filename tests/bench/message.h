/* What a message of the bench holds that is not a person's. */
#pragma once

#define MESSAGE_CODE "493817"
#define MESSAGE_ID_SIZE 33

/* A fresh id, 32 letters: one with digits can hold the code by chance, which a strict provider refuses. */
void message_id(char id[static MESSAGE_ID_SIZE]);
