#include "tools/simulator/graph.h"
#include "tools/simulator/graph_error.h"
#include "tools/simulator/random.h"
#include "tools/simulator/template_message.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"
#define TOKEN_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define UNKNOWN_OBJECT_SUBCODE 33

bool graph_matches(const char *path)
{
	size_t n = strlen(path);

	return (strncmp(path, "/v", 2) == 0 && path[2] >= '0' && path[2] <= '9') ||
	       (n >= 9 && strcmp(path + n - 9, "/messages") == 0);
}

/* Why a request may not pass; details NULL: it may. */
struct refused {
	int code;
	unsigned status; /* 0: the table's for the code */
	int subcode;
	const char *details;
};

static const struct refused passed;

static struct refused refused(int code, const char *details)
{
	return (struct refused){.code = code, .details = details};
}

static struct refused unknown_object(const char *details)
{
	return (struct refused){.code = GRAPH_INVALID_PARAMETER, .subcode = UNKNOWN_OBJECT_SUBCODE, .details = details};
}

static size_t run(const char *text, const char *accept)
{
	return *text ? strspn(text, accept) : 0;
}

/* The length of "/vNN.N/", 0 if path begins otherwise. */
static size_t version_length(const char *path)
{
	size_t n = strncmp(path, "/v", 2) == 0 ? 2 : 0, major = n ? run(path + n, DIGITS) : 0, minor;

	if (major == 0 || path[n + major] != '.')
		return 0;
	n += major + 1;
	minor = run(path + n, DIGITS);
	return minor && path[n + minor] == '/' ? n + minor + 1 : 0;
}

/* A look at the number itself: what a health check asks. */
static bool asks_for_number(const struct simulator *simulator, const struct request *request)
{
	return strcmp(request->method, "GET") == 0 &&
	       strcmp(request->path + version_length(request->path), simulator->options->phone_number_id) == 0;
}

static bool asks_only_fields(const struct request *request)
{
	return request->query_n == 0 || (request->query_n == 1 && request_query(request, "fields"));
}

static struct refused check_path(const struct simulator *simulator, const struct request *request)
{
	const char *id = simulator->options->phone_number_id;
	size_t n = version_length(request->path), id_n = strlen(id);

	if (n == 0)
		return refused(GRAPH_UNKNOWN_PATH, "The path must begin with a version: /vNN.N/");
	if (asks_for_number(simulator, request))
		return asks_only_fields(request) ? passed
						 : refused(GRAPH_INVALID_PARAMETER, "Only ?fields= may be asked for");
	if (strncmp(request->path + n, id, id_n) != 0 || strcmp(request->path + n + id_n, "/messages") != 0)
		return unknown_object("Unsupported request: there is no such phone number id or no such edge");
	if (strcmp(request->method, "POST") != 0)
		return unknown_object("Unsupported request: only POST is known");
	if (request->query_n > 0)
		return refused(GRAPH_INVALID_PARAMETER,
			       "The URL has a query: secrets and numbers belong into the body");
	return passed;
}

static struct refused check_token(const struct simulator *simulator, const struct request *request)
{
	const char *expected = simulator->options->token, *got = request->authorization;
	size_t n = strlen(expected);

	if (!got || strncmp(got, "Bearer ", 7) != 0)
		return refused(GRAPH_TOKEN_INVALID, "There is no Authorization: Bearer");
	if (strlen(got + 7) != n || CRYPTO_memcmp(got + 7, expected, n) != 0)
		return refused(GRAPH_TOKEN_INVALID, "The access token could not be decrypted");
	return passed;
}

/* "name/1.2.3" as Meta's specification wants it, whatever follows. */
static bool is_user_agent(const char *text)
{
	size_t n;

	if (!text)
		return false;
	n = run(text, TOKEN_CHARS);
	if (n == 0 || text[n] != '/')
		return false;
	text += n;
	for (int part = 0; part < 3; part++) {
		if (*text != (part == 0 ? '/' : '.'))
			return false;
		n = run(++text, DIGITS);
		if (n == 0)
			return false;
		text += n;
	}
	return true;
}

static struct refused check_headers(const struct simulator *simulator, const struct request *request)
{
	if (!is_user_agent(request->user_agent))
		return refused(GRAPH_INVALID_PARAMETER, "User-Agent must be name/1.2.3");
	if (asks_for_number(simulator, request))
		return passed;
	if (!request_has_type(request, "application/json"))
		return refused(GRAPH_INVALID_PARAMETER, "Content-Type must be application/json");
	if (request->body_too_big)
		return (struct refused){
			.code = GRAPH_INVALID_PARAMETER, .status = 413, .details = "The body is larger than 64 KiB"};
	return passed;
}

static struct refused (*const checks[])(const struct simulator *, const struct request *) = {
	check_path,
	check_token,
	check_headers,
};

static void refuse(struct answer *answer, struct refused why)
{
	answer->outcome = ANSWER_REFUSED;
	graph_error_answer(answer, why.code, why.status, why.subcode, why.details);
}

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
		graph_error_answer(answer, fault->code, fault->status, 0, "Asked for by --fail");
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

static int keep(struct simulator *simulator, const struct request *request, const struct template_message *message,
		const struct fault *fault, const char *id)
{
	bool silent = fault && fault_kind(fault) == FAULT_SILENT;
	char text[TEMPLATE_TEXT_MAX], name[16];
	const struct message kept = {
		.channel = CHANNEL_WHATSAPP,
		.id = id,
		.to = message->to,
		.code = message->code,
		.text = text,
		.language = message->language,
		.callback = message->callback,
		.error = fault && !silent ? fault_name(fault, name) : NULL,
		.hidden = silent,
		.keeps_callback = !fault || fault_is_uncertain(fault),
		.at_ms = request->at_ms,
	};

	template_message_print(message, text);
	return messages_add(simulator->messages, &kept);
}

static void deliver(struct simulator *simulator, const struct request *request, const struct template_message *message,
		    struct answer *answer)
{
	const struct options *options = simulator->options;
	const struct fault *fault = fault_find(options->faults, options->faults_n, CHANNEL_WHATSAPP, message->to);
	char id[MESSAGES_ID_MAX];
	int r;

	wamid_make(message->to, id);
	r = keep(simulator, request, message, fault, id);
	if (r == -EEXIST)
		return refuse(answer,
			      refused(GRAPH_INVALID_PARAMETER,
				      "biz_opaque_callback_data was used before: this message was sent already"));
	if (r < 0)
		return refuse(answer, refused(GRAPH_UNKNOWN, "The simulator is out of memory"));
	answer->changes_messages = true;
	if (fault)
		spoil(simulator, fault, message, id, answer);
	else
		accept_message(answer, message, id, "accepted");
}

void graph_answer(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	struct template_message message;
	struct refusal bad;
	json_t *body;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct refused why = checks[i](simulator, request);

		if (why.details)
			return refuse(answer, why);
	}
	if (asks_for_number(simulator, request))
		return answer_json(answer, 200, json_pack("{s:s}", "id", simulator->options->phone_number_id));
	body = json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, NULL);
	if (!body)
		refuse(answer, refused(GRAPH_INVALID_PARAMETER, "The body is no JSON in UTF-8 with unique keys"));
	else if (template_message_parse(body, simulator->options, &message, &bad) < 0)
		refuse(answer, refused(bad.code, bad.details));
	else
		deliver(simulator, request, &message, answer);
	json_decref(body);
}
