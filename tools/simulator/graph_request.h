/* What every request to the Graph API must be: its path, its token, its User-Agent. */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

/* Why a request may not pass; details NULL: it may. */
struct refused {
	int code;
	unsigned status; /* 0: the table's for the code */
	int subcode;
	const char *details;
};

extern const struct refused passed;

struct refused refused(int code, const char *details);
/* Of an id or an edge that there is not. */
struct refused unknown_object(const char *details);

/* The length of "/vNN.N/", 0 if path begins otherwise. */
size_t graph_version_length(const char *path);
struct refused graph_check_token(const struct simulator *simulator, const struct request *request);
struct refused graph_check_user_agent(const struct request *request);
struct refused graph_check_body(const struct request *request);

void graph_refuse(struct answer *answer, struct refused why);
