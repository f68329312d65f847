#include "tools/simulator/feed.h"
#include "tools/simulator/receipts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct filter {
	char to[20]; /* E.164 with +; empty: any */
	uint64_t after, changed;
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
	if (strcmp(pair->key, "changed") == 0)
		return parse_number(pair->value, UINT64_MAX, &ret->changed);
	if (strcmp(pair->key, "wait") == 0)
		return parse_number(pair->value, FEED_WAIT_MAX_S, &ret->wait);
	return false;
}

static bool filter_parse(const struct request *request, struct filter *ret)
{
	*ret = (struct filter){0};
	for (size_t i = 0; i < request->query_n; i++)
		if (i == REQUEST_QUERY_MAX ||
		    request_query(request, request->query[i].key) != request->query[i].value ||
		    !parse_pair(&request->query[i], ret))
			return false;
	return true;
}

/* An index or a change that is not there yet: the messages were cleared, and who waits must hear of it. */
static bool is_behind(const struct filter *filter, const struct messages_state *state)
{
	return state->newest >= filter->after && state->change >= filter->changed;
}

static void list(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	struct filter filter;
	struct messages_filter wanted;
	struct messages_state state;

	if (!filter_parse(request, &filter))
		return answer_refuse(answer, 400,
				     "the query may hold to=+E164, after=INDEX, changed=CHANGE and wait=SECONDS (at "
				     "most %d)",
				     FEED_WAIT_MAX_S);
	wanted = (struct messages_filter){filter.after, filter.changed, filter.to[0] ? filter.to : NULL};
	answer->body = messages_json(simulator->messages, &wanted, &state);
	if (!answer->body)
		return answer_refuse(answer, 503, "the simulator is out of memory");
	if (state.listed == 0 && is_behind(&filter, &state) && filter.wait && !request->waited) {
		answer->how = ANSWER_WAIT;
		answer->wait_ms = (unsigned)filter.wait * 1000;
	}
	answer->status = 200;
	answer->type = ANSWER_JSON;
	answer->size = strlen(answer->body);
	answer_header(answer, "X-Messages-Epoch", "%" PRIu64, state.epoch);
}

/* {"epoch": "…", "seen": [index, …]}. JSON, so that no page of another host can say it unasked. */
static void see(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	json_t *body = request_has_type(request, "application/json")
			       ? json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, NULL)
			       : NULL,
	       *seen = json_object_get(body, "seen"), *index;
	const char *epoch = json_string_value(json_object_get(body, "epoch"));
	struct message_ref ref = {0};
	size_t i;

	if (!epoch || !json_is_array(seen) || !parse_number(epoch, UINT64_MAX, &ref.epoch)) {
		json_decref(body);
		return answer_refuse(answer, 400, "the body must be JSON with epoch and seen");
	}
	json_array_foreach(seen, i, index)
	{
		ref.index = (uint64_t)json_integer_value(index);
		receipts_seen(simulator->receipts, &ref);
	}
	json_decref(body);
	answer_text(answer, 204, ANSWER_JSON, "");
}

void feed_messages(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	if (strcmp(request->method, "GET") == 0)
		return list(simulator, request, answer);
	if (strcmp(request->method, "POST") == 0)
		return see(simulator, request, answer);
	if (strcmp(request->method, "DELETE") != 0)
		return answer_refuse(answer, 405, "only GET, POST and DELETE are known");
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

void feed_receipts(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	if (strcmp(request->method, "GET") == 0)
		return answer_json(answer, 200, receipts_json(simulator->receipts));
	if (strcmp(request->method, "DELETE") != 0)
		return answer_refuse(answer, 405, "only GET and DELETE are known");
	receipts_clear(simulator->receipts);
	answer_text(answer, 204, ANSWER_JSON, "");
}
