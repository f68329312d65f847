/* Meta's error table (Cloud API error codes, read September 2026): code, HTTP status, type and title of each. */
#pragma once

#include "tools/simulator/answer.h"

enum graph_code {
	GRAPH_INVALID_PARAMETER = 100,
	GRAPH_TOKEN_INVALID = 190,
	GRAPH_UNKNOWN_PATH = 2500,
	GRAPH_UNKNOWN = 131000,
	GRAPH_MISSING = 131008,
	GRAPH_BAD_VALUE = 131009,
	GRAPH_WRONG_TYPE = 131051,
	GRAPH_PARAMETER_COUNT = 132000,
	GRAPH_NO_TEMPLATE = 132001,
	GRAPH_TEXT_TOO_LONG = 132005,
	GRAPH_PARAMETER_MISMATCH = 132018,
	GRAPH_WRONG_PIN = 133005,
	GRAPH_NOT_VERIFIED = 133006,
	GRAPH_NOT_REGISTERED = 133010,
	GRAPH_REGISTERS = 133016,
	GRAPH_WRONG_CODE = 136025,
};

struct graph_error {
	int code, code_last; /* a range shares a row */
	unsigned status;
	bool transient; /* is_transient is sent */
	const char *title;
};

/* Never NULL: a code that Meta does not document gets the row of unknown errors. */
const struct graph_error *graph_error_find(int code);

/* Meta's error body. subcode 0: none. */
json_t *graph_error_json(int code, int subcode, const char *details);

/* Answers with it. status 0: the table's; subcode 0: none; details: error_data.details. */
void graph_error_answer(struct answer *answer, int code, unsigned status, int subcode, const char *details);
