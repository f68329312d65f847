/*
 * What whatsapp-otpctl prints: aligned tables and lines for people, one JSON object a line for programs (--json),
 * errors on standard error.
 */
#pragma once

#include "wire/codec.h"

#include <jansson.h>
#include <stdio.h>

/* "whatsapp-otpctl: what: why; what to do" */
void output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The message as an object with the keys of the protocol. Owned by the caller; NULL if there is no memory. */
json_t *output_json_of(const struct wire_message *message, const void *item);
/* One object on one line; releases it. */
void output_json(json_t *object);

/* Columns on a terminal that the text takes: "…34" is 3. */
size_t output_width(const char *text);

#define OUTPUT_TIME_MAX 24
/* "2026-11-21 19:44" in local time, "-" for 0. Returns text. */
const char *output_time(uint64_t seconds, char text[static OUTPUT_TIME_MAX]);
/* "42 s", "5 min", "2 h". Returns text. */
const char *output_duration(uint64_t seconds, char text[static OUTPUT_TIME_MAX]);

/* A table keeps its rows until all are known, to align them. */
struct table;
struct table *table_new(const char *const *headings, size_t columns);
/* Copies columns cells; an empty one shows as "-". */
void table_add(struct table *table, const char *const *cells);
/* The columns from first to before end hold figures. */
void table_align_right(struct table *table, size_t first, size_t end);
void table_print(const struct table *table, FILE *stream);
void table_free(struct table *table);
