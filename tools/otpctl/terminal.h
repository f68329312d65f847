/* Whoever sits in front of whatsapp-otpctl: what they are asked, and how wide what they look at is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Questions go to standard error: standard output is for what was asked for. False at the end of the input. */
bool terminal_ask(const char *prompt, char *answer, size_t size);
/* The same without an echo, if standard input is a terminal, which is as it was however this ends. */
bool terminal_ask_secret(const char *prompt, char *answer, size_t size);
/* Yes or no; an empty line means otherwise, as does the end of the input. The prompt says so: "[y/N] ". */
bool terminal_confirm(const char *prompt, bool otherwise);

/* Columns of the terminal that standard output is; 0: it is none. */
size_t terminal_columns(void);
/* Standard output is a terminal that shows colours, and nobody has asked for none (NO_COLOR). */
bool terminal_has_colour(void);
