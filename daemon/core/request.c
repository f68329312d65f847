#include "daemon/core/request.h"

#include "daemon/base/log.h"
#include "daemon/core/groups.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct allocation {
	size_t size;
	max_align_t request[];
};

void *request_new(size_t size, struct core *core, struct connection *connection, int (*run)(struct job *, struct tx *),
		  void (*done)(struct job *, int))
{
	struct allocation *allocation = calloc(1, sizeof(*allocation) + size);
	struct request *request;

	if (!allocation) {
		log_error("out of memory: a request is refused");
		return NULL;
	}
	allocation->size = size;
	request = (struct request *)allocation->request;
	request->job.run = run;
	request->job.done = done;
	request->core = core;
	request->connection = connection ? connection_ref(connection) : NULL;
	request->config = config_ref(core->config);
	request->engine = (struct engine){.config = core->config,
					  .keys = core->keys,
					  .clock = &core->clock,
					  .hostname = request->hostname,
					  .in_group = groups_contain,
					  .sender_ready = core->sender_ready};
	memcpy(request->hostname, core->hostname, sizeof(request->hostname));
	request->answered = connection == NULL;
	return request;
}

void request_submit(struct request *request)
{
	worker_submit(request->core->worker, &request->job);
}

void request_restart(struct request *request)
{
	reply_wipe(&request->reply);
	request->reply = (struct reply){0};
}

void request_answer(struct request *request, int result)
{
	static const struct done unavailable = {.result = RESULT_UNAVAILABLE,
						.reason = "the core cannot use its database: see its log"};
	struct reply *reply = &request->reply;

	request->answered = true;
	if (result < 0 || reply->kind == REPLY_NONE)
		connection_send(request->connection, &wire_done, &unavailable);
	else if (reply->kind == REPLY_ASK)
		connection_send(request->connection, &wire_ask, &reply->ask);
	else
		connection_send(request->connection, &wire_done, &reply->done);
}

void request_free(struct request *request)
{
	struct allocation *allocation = (struct allocation *)((char *)request - offsetof(struct allocation, request));

	if (!request->answered) {
		log_error("bug: a request was released without an answer");
		request_answer(request, -1);
	}
	connection_unref(request->connection);
	config_unref(request->config);
	OPENSSL_cleanse(allocation->request, allocation->size);
	free(allocation);
}
