#include "tools/simulator/gateway.h"
#include "tools/simulator/deliver.h"
#include "tools/simulator/form.h"
#include "tools/simulator/random.h"
#include "tools/simulator/text.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1600 /* characters: ten parts of 160 */
#define ID_MAX 128

struct sms {
	const char *to, *text, *id;
	char code[TEXT_CODE_MAX];
};

/* NULL, or what is wrong. */
static const char *sms_parse(const json_t *fields, struct sms *ret)
{
	const json_t *id = json_object_get(fields, "id");

	*ret = (struct sms){
		.to = json_string_value(json_object_get(fields, "to")),
		.text = json_string_value(json_object_get(fields, "text")),
		.id = id ? json_string_value(id) : "",
	};
	if (!json_is_object(fields))
		return "the body is no well-formed object or form in UTF-8, or holds a key twice";
	if (json_object_size(fields) != (id ? 3 : 2) || !ret->to || !ret->text || !ret->id)
		return "the fields must be the strings to, text and, if wanted, id";
	if (!text_is_e164(ret->to))
		return "to must be + and 7 to 15 digits";
	if (!*ret->text || text_length(ret->text) > TEXT_MAX || text_has_control(ret->text))
		return "text must have 1 to 1600 characters and no control character but newline";
	if (id && (!*ret->id || strlen(ret->id) > ID_MAX))
		return "id must have 1 to 128 bytes";
	text_find_code(ret->text, ret->code);
	return NULL;
}

static void accept_sms(struct answer *answer, const char *id)
{
	answer_json(answer, 200, json_pack("{s:s*, s:s}", "id", id, "status", "accepted"));
}

/* A code that is an HTTP status is sent as that. */
static void fail_code(const struct fault *fault, struct answer *answer)
{
	int code = atoi(fault->code);
	unsigned status = code >= 400 && code <= 599 ? (unsigned)code : 400;

	answer_refuse(answer, fault->status ? fault->status : status, "error %s, asked for by --fail", fault->code);
	answer->outcome = ANSWER_FAILED;
	answer->code = code;
}

static void spoil(struct simulator *simulator, const struct fault *fault, const char *id, struct answer *answer)
{
	answer->outcome = ANSWER_FAILED;
	switch (fault_kind(fault)) {
	case FAULT_NO_ID:
		return accept_sms(answer, NULL);
	case FAULT_STATUS: /* fault_parse knows it for WhatsApp only */
	case FAULT_SILENT:
		answer->outcome = ANSWER_ACCEPTED;
		return accept_sms(answer, id);
	case FAULT_HTTP:
		return fault_answer(fault, simulator->elsewhere, answer);
	case FAULT_CODE:
		return fail_code(fault, answer);
	}
}

static void take(struct simulator *simulator, const struct request *request, const struct sms *sms,
		 struct answer *answer)
{
	const struct fault *fault;
	char id[MESSAGES_ID_MAX] = "sms-";
	struct message kept = {
		.channel = CHANNEL_SMS,
		.provider = PROVIDER_GATEWAY,
		.id = id,
		.to = sms->to,
		.code = sms->code,
		.text = sms->text,
		.language = "",
		.callback = sms->id,
		.at_ms = request->at_ms,
	};
	int r;

	random_text(id + strlen(id), 20, "0123456789abcdef");
	r = deliver(simulator, &kept, &fault);
	if (r == -EEXIST)
		return answer_refuse(answer, 409, "this id was used before: this message was sent already");
	if (r < 0)
		return answer_refuse(answer, 503, "the simulator is out of memory");
	answer->changes_messages = true;
	if (fault)
		spoil(simulator, fault, id, answer);
	else
		accept_sms(answer, id);
}

static bool key_is_right(const struct simulator *simulator, const struct request *request)
{
	size_t n = strlen(simulator->options->sms_key);

	return request->key && strlen(request->key) == n &&
	       CRYPTO_memcmp(request->key, simulator->options->sms_key, n) == 0;
}

void gateway_answer(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	bool is_form = request_has_type(request, "application/x-www-form-urlencoded");
	const char *error;
	json_t *fields;
	struct sms sms;

	if (strcmp(request->method, "POST") != 0)
		return answer_refuse(answer, 405, "only POST is known");
	if (!key_is_right(simulator, request))
		return answer_refuse(answer, 401, "the header X-Key is missing or wrong");
	if (request->query_n > 0)
		return answer_refuse(answer, 400, "the URL has a query: numbers and texts belong into the body");
	if (!is_form && !request_has_type(request, "application/json"))
		return answer_refuse(answer, 415,
				     "Content-Type must be application/x-www-form-urlencoded or application/json");
	if (request->body_too_big)
		return answer_refuse(answer, 413, "the body is larger than 64 KiB");
	fields = is_form ? form_parse(request->body, request->body_size)
			 : json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, NULL);
	error = sms_parse(fields, &sms);
	if (error)
		answer_refuse(answer, 400, "%s", error);
	else
		take(simulator, request, &sms, answer);
	json_decref(fields);
}
