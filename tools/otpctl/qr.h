/* A QR code made of half blocks, for a phone's camera in front of a terminal. */
#pragma once

#include <stdio.h>

/*
 * Prints text as a code in black on white, whatever the terminal's colours are (colour), or drawn for a dark terminal.
 * Returns 0, -E2BIG if it is wider than columns, or another -errno; then nothing was printed.
 */
int qr_print(FILE *stream, const char *text, size_t columns, int colour);
