#include "tools/simulator/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct filter {
	char to[20]; /* E.164 with +; empty: any */
	uint64_t after;
	uint64_t wait; /* seconds */
};

static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !*end && !errno && *ret <= max;
}

static bool parse_to(const char *text, struct filter *ret)
{
	if (*text == '+' || *text == ' ') /* a "+" that was not escaped means a space */
		text++;
	snprintf(ret->to, sizeof(ret->to), "+%s", text);
	return *text && !text[strspn(text, "0123456789")] && strlen(text) <= 15;
}

static bool parse_pair(const struct request_pair *pair, struct filter *ret)
{
	if (!pair->value)
		return false;
	if (strcmp(pair->key, "to") == 0)
		return parse_to(pair->value, ret);
	if (strcmp(pair->key, "after") == 0)
		return parse_number(pair->value, UINT64_MAX, &ret->after);
	if (strcmp(pair->key, "wait") == 0)
		return parse_number(pair->value, FEED_WAIT_MAX_S, &ret->wait);
	return false;
}

static bool filter_parse(const struct request *request, struct filter *ret)
{
	*ret = (struct filter){0};
	for (size_t i = 0; i < request->query_n; i++)
		if (i == REQUEST_QUERY_MAX || !parse_pair(&request->query[i], ret))
			return false;
	return true;
}

static void list(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	struct filter filter;
	struct messages_state state;

	if (!filter_parse(request, &filter))
		return answer_refuse(answer, 400,
				     "the query may hold to=+E164, after=INDEX and wait=SECONDS (at most %d)",
				     FEED_WAIT_MAX_S);
	answer->body = messages_json(simulator->messages, filter.after, filter.to[0] ? filter.to : NULL, &state);
	if (!answer->body)
		return answer_refuse(answer, 503, "the simulator is out of memory");
	/* An index that is not there yet: the messages were cleared, and who waits must hear of it. */
	if (state.listed == 0 && state.newest >= filter.after && filter.wait && !request->waited) {
		answer->how = ANSWER_WAIT;
		answer->wait_ms = (unsigned)filter.wait * 1000;
	}
	answer->status = 200;
	answer->type = ANSWER_JSON;
	answer->size = strlen(answer->body);
	answer_header(answer, "X-Messages-Epoch", "%" PRIu64, state.epoch);
}

void feed_messages(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	if (strcmp(request->method, "GET") == 0)
		return list(simulator, request, answer);
	if (strcmp(request->method, "DELETE") != 0)
		return answer_refuse(answer, 405, "only GET and DELETE are known");
	messages_clear(simulator->messages);
	answer->changes_messages = true;
	answer_text(answer, 204, ANSWER_JSON, "");
}

void feed_requests(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	if (strcmp(request->method, "GET") == 0)
		return answer_json(answer, 200, tally_json(simulator->tally));
	if (strcmp(request->method, "DELETE") != 0)
		return answer_refuse(answer, 405, "only GET and DELETE are known");
	tally_clear(simulator->tally);
	answer_text(answer, 204, ANSWER_JSON, "");
}
