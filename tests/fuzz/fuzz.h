/* A fuzz target is one file with this function; libFuzzer or replay.c calls it. It aborts when it finds something. */
#pragma once

#include "wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decodes data as each of these messages; what decodes must encode, and decode again to the same. */
void fuzz_round_trip(const struct wire_message *const *messages, size_t count, const uint8_t *data, size_t size);
