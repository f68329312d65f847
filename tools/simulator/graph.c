#include "tools/simulator/graph.h"
#include "tools/simulator/account.h"
#include "tools/simulator/deliver.h"
#include "tools/simulator/graph_error.h"
#include "tools/simulator/graph_request.h"
#include "tools/simulator/random.h"
#include "tools/simulator/template_message.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool graph_matches(const char *path)
{
	size_t n = strlen(path);

	return n >= 9 && strcmp(path + n - 9, "/messages") == 0;
}

static struct refused check_path(const struct simulator *simulator, const struct request *request)
{
	const char *id = simulator->options->phone_number_id;
	size_t n = graph_version_length(request->path), id_n = strlen(id);

	if (n == 0)
		return refused(GRAPH_UNKNOWN_PATH, "The path must begin with a version: /vNN.N/");
	if (strncmp(request->path + n, id, id_n) != 0 || strcmp(request->path + n + id_n, "/messages") != 0)
		return unknown_object("Unsupported request: there is no such phone number id or no such edge");
	if (strcmp(request->method, "POST") != 0)
		return unknown_object("Unsupported request: only POST is known");
	if (request->query_n > 0)
		return refused(GRAPH_INVALID_PARAMETER,
			       "The URL has a query: secrets and numbers belong into the body");
	return passed;
}

static struct refused check_headers(const struct simulator *simulator, const struct request *request)
{
	struct refused why = graph_check_user_agent(request);

	(void)simulator;
	return why.details ? why : graph_check_body(request);
}

static struct refused (*const checks[])(const struct simulator *, const struct request *) = {
	check_path,
	graph_check_token,
	check_headers,
};

/* base64 of a small struct that holds the number in clear, as the real ones do. */
static void wamid_make(const char *to, char id[static MESSAGES_ID_MAX])
{
	unsigned char raw[64];
	size_t digits = strlen(to + 1);
	char serial[19];
	int n;

	random_text(serial, 18, "0123456789ABCDEF");
	n = snprintf((char *)raw, sizeof(raw), "\x1c\x18%c%s\x15\x02%c\x11\x18\x12%s", (int)digits, to + 1, 0, serial);
	snprintf(id, MESSAGES_ID_MAX, "wamid.");
	EVP_EncodeBlock((unsigned char *)id + strlen(id), raw, n + 1);
}

static void accept_message(struct answer *answer, const struct template_message *message, const char *id,
			   const char *status)
{
	json_t *list = json_array();

	if (id)
		json_array_append_new(list, json_pack("{s:s, s:s}", "id", id, "message_status", status));
	answer_json(answer, 200,
		    json_pack("{s:s, s:[{s:s, s:s}], s:o}", "messaging_product", "whatsapp", "contacts", "input",
			      message->input, "wa_id", message->to + 1, "messages", list));
}

static void spoil(struct simulator *simulator, const struct fault *fault, const struct template_message *message,
		  const char *id, struct answer *answer)
{
	answer->outcome = ANSWER_FAILED;
	switch (fault_kind(fault)) {
	case FAULT_CODE:
		graph_error_answer(answer, atoi(fault->code), fault->status, 0, "Asked for by --fail");
		break;
	case FAULT_STATUS:
		accept_message(answer, message, id, fault->word->text);
		break;
	case FAULT_NO_ID:
		accept_message(answer, message, NULL, NULL);
		break;
	case FAULT_SILENT:
		answer->outcome = ANSWER_ACCEPTED;
		accept_message(answer, message, id, "accepted");
		break;
	case FAULT_HTTP:
		fault_answer(fault, simulator->elsewhere, answer);
		break;
	}
}

static void answer_kept(struct simulator *simulator, const struct fault *fault, const struct template_message *message,
			const char *id, struct answer *answer)
{
	answer->changes_messages = true;
	if (fault)
		spoil(simulator, fault, message, id, answer);
	else
		accept_message(answer, message, id, "accepted");
}

static void take(struct simulator *simulator, const struct request *request, const struct template_message *message,
		 struct answer *answer)
{
	char text[TEMPLATE_TEXT_MAX], id[MESSAGES_ID_MAX];
	const struct fault *fault;
	struct message kept = {
		.channel = CHANNEL_WHATSAPP,
		.provider = PROVIDER_META,
		.id = id,
		.to = message->to,
		.code = message->code,
		.text = text,
		.language = message->language,
		.callback = message->callback,
		.at_ms = request->at_ms,
	};
	int r;

	if (!account_is_registered(simulator->account))
		return graph_refuse(answer, refused(GRAPH_NOT_REGISTERED, "The number is not registered"));
	wamid_make(message->to, id);
	template_message_print(message, text);
	r = deliver(simulator, &kept, &fault);
	if (r == 0)
		answer_kept(simulator, fault, message, id, answer);
	else if (r == -EEXIST)
		graph_refuse(answer,
			     refused(GRAPH_INVALID_PARAMETER,
				     "biz_opaque_callback_data was used before: this message was sent already"));
	else
		graph_refuse(answer, refused(GRAPH_UNKNOWN, "The simulator is out of memory"));
}

void graph_answer(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	struct template_message message;
	struct refusal bad;
	json_t *body;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct refused why = checks[i](simulator, request);

		if (why.details)
			return graph_refuse(answer, why);
	}
	body = json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, NULL);
	if (!body)
		graph_refuse(answer, refused(GRAPH_INVALID_PARAMETER, "The body is no JSON in UTF-8 with unique keys"));
	else if (template_message_parse(body, simulator->account, &message, &bad) < 0)
		graph_refuse(answer, refused(bad.code, bad.details));
	else
		take(simulator, request, &message, answer);
	json_decref(body);
}
