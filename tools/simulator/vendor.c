#include "tools/simulator/vendor.h"
#include "tools/simulator/deliver.h"
#include "tools/simulator/form.h"
#include "tools/simulator/random.h"
#include "tools/simulator/text.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 512

void vendor_refuse_code(struct vendor_call *call, unsigned status, const char *code, const char *format, ...)
{
	struct answer *answer = call->answer;
	va_list args;
	json_t *json;

	va_start(args, format);
	vsnprintf(answer->reason, sizeof(answer->reason), format, args);
	va_end(args);
	answer_clean(answer->reason);
	answer->outcome = ANSWER_REFUSED;
	answer->code = atoi(code);
	json = call->vendor->error(status, code, answer->reason);
	if (!call->vendor->error_type)
		return answer_json(answer, status, json);
	answer->status = status;
	answer->type = call->vendor->error_type;
	answer->body = strdup(json_string_value(json));
	answer->size = answer->body ? strlen(answer->body) : 0;
	json_decref(json);
}

void vendor_refuse(struct vendor_call *call, enum vendor_refusal refusal, const char *format, ...)
{
	const struct vendor_error *error = &call->vendor->errors[refusal];
	char reason[sizeof(call->answer->reason)];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	vendor_refuse_code(call, error->status, error->code, "%s", reason);
}

/* True: path is as pattern; what stands at its stars goes into parts, unless that is NULL. */
static bool path_fits(const char *pattern, const char *path, char parts[][128])
{
	for (size_t i = 0; *pattern; pattern++) {
		size_t n = 1;

		if (*pattern == '*') {
			n = strcspn(path, "/");
			if (strcmp(pattern, "*.json") == 0 && n > 5)
				n -= 5;
			if (n == 0 || n >= 128 || i == VENDOR_PARTS_MAX)
				return false;
			if (parts) {
				memcpy(parts[i], path, n);
				parts[i++][n] = '\0';
			}
		} else if (*pattern != *path) {
			return false;
		}
		path += n;
	}
	return !*path;
}

bool vendor_matches(const struct vendor *vendor, const char *path)
{
	if (vendor->prefix && strncmp(path, vendor->prefix, strlen(vendor->prefix)) == 0)
		return true;
	for (size_t i = 0; i < vendor->methods_n; i++)
		if (path_fits(vendor->methods[i].path, path, NULL))
			return true;
	return false;
}

static const struct vendor_method *method_find(struct vendor_call *call)
{
	bool there = false;

	for (size_t i = 0; i < call->vendor->methods_n; i++) {
		const struct vendor_method *method = &call->vendor->methods[i];

		if (!path_fits(method->path, call->request->path, call->parts))
			continue;
		if (strcmp(method->method, call->request->method) == 0)
			return method;
		there = true;
	}
	if (there)
		vendor_refuse(call, VENDOR_METHOD, "this method is not known here");
	else
		vendor_refuse(call, VENDOR_NOT_FOUND, "there is nothing at this path");
	return NULL;
}

/* NULL: a key twice or without a value. */
static json_t *query_json(const struct request *request)
{
	json_t *fields = json_object();

	for (size_t i = 0; i < request->query_n; i++) {
		const struct request_pair *pair = &request->query[i];

		if (i == REQUEST_QUERY_MAX || !pair->value || json_object_get(fields, pair->key) ||
		    json_object_set_new(fields, pair->key, json_string(pair->value)) < 0) {
			json_decref(fields);
			return NULL;
		}
	}
	return fields;
}

/* Kannel's: headers by the names that they have in a query, and the body as text. */
static json_t *headers_json(const struct request *request)
{
	json_t *fields = json_object();
	char name[32];

	for (size_t i = 0; i < request->headers_n; i++) {
		snprintf(name, sizeof(name), "%s", request->headers[i].key);
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		json_object_set_new(fields, name, json_string(request->headers[i].value));
	}
	json_object_set_new(fields, "text", json_stringn(request->body ? request->body : "", request->body_size));
	json_object_set_new(fields, "charset", json_string("UTF-8"));
	return fields;
}

enum form { FORM_NONE, FORM_JSON, FORM_PAIRS, FORM_QUERY, FORM_HEADERS, FORM_EMPTY };

/* In which of the forms that a method takes the request came. */
static enum form form_of(const struct request *request, enum vendor_body body)
{
	bool pairs = request_has_type(request, "application/x-www-form-urlencoded"),
	     json = request_has_type(request, "application/json");

	if (body == VENDOR_QUERY || (body == VENDOR_FORM_OR_QUERY && request->body_size == 0))
		return request->body_size == 0 ? FORM_QUERY : FORM_NONE;
	if (body == VENDOR_HEADERS)
		return request_has_type(request, "text/plain") ? FORM_HEADERS : FORM_NONE;
	if (body == VENDOR_JSON_IF_ANY && request->body_size == 0)
		return FORM_EMPTY;
	if (json && (body == VENDOR_JSON || body == VENDOR_FORM_OR_JSON || body == VENDOR_JSON_IF_ANY))
		return FORM_JSON;
	return pairs && (body == VENDOR_FORM || body == VENDOR_FORM_OR_JSON || body == VENDOR_FORM_OR_QUERY)
		       ? FORM_PAIRS
		       : FORM_NONE;
}

static json_t *fields_in(const struct request *request, enum form form)
{
	switch (form) {
	case FORM_JSON:
		return json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, NULL);
	case FORM_PAIRS:
		return form_parse(request->body, request->body_size);
	case FORM_QUERY:
		return query_json(request);
	case FORM_HEADERS:
		return headers_json(request);
	case FORM_EMPTY:
		return json_object();
	case FORM_NONE:
		break;
	}
	return NULL;
}

/* What the request says; NULL: refused. */
static json_t *fields_of(struct vendor_call *call, enum vendor_body body)
{
	const struct request *request = call->request;
	enum form form = form_of(request, body);
	json_t *fields = NULL;

	if (form == FORM_NONE)
		vendor_refuse(call, VENDOR_TYPE, "the Content-Type is none that is taken here");
	else if (form != FORM_QUERY && request->query_n > 0)
		vendor_refuse(call, VENDOR_INVALID, "the URL has a query: numbers and texts belong into the body");
	else if (request->body_too_big)
		vendor_refuse(call, VENDOR_INVALID, "the body is larger than 64 KiB");
	else
		fields = fields_in(request, form);
	if (json_is_object(fields))
		return fields;
	if (call->answer->outcome != ANSWER_REFUSED)
		vendor_refuse(call, VENDOR_INVALID,
			      "the fields are no well-formed object, form or query in UTF-8, or one is there twice");
	json_decref(fields);
	return NULL;
}

static bool is_word(const char *text, const char *words)
{
	size_t n = strlen(text);

	for (; *words; words += strspn(words, " ")) {
		size_t word_n = strcspn(words, " ");

		if (word_n == n && strncmp(words, text, n) == 0)
			return true;
		words += word_n;
	}
	return false;
}

static bool is_integer(const json_t *value, const struct vendor_field *field)
{
	const char *text = json_string_value(value);
	size_t n = text ? strspn(text, "0123456789") : 0;
	long long number = text ? (n > 0 && n < 12 && !text[n] ? atoll(text) : -1) : json_integer_value(value);

	return (text || json_is_integer(value)) && number >= field->least && number <= field->most;
}

/* NULL, or what it must be. */
static const char *field_wrong(const struct vendor_call *call, const struct vendor_field *field, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t most = field->most ? (size_t)field->most : TEXT_MOST;

	switch (field->kind) {
	case FIELD_TEXT:
		return text && *text && strlen(text) <= most && !text_has_control(text) ? NULL
											: "a text that is not too long";
	case FIELD_E164:
		return text_is_e164(text) ? NULL : "+ and 7 to 15 digits";
	case FIELD_DIGITS:
		return text_is_digits(text) ? NULL : "7 to 15 digits that begin with a country code";
	case FIELD_INTEGER:
		return is_integer(value, field) ? NULL : "a whole number in its bounds";
	case FIELD_BOOL:
		return json_is_boolean(value) || (text && is_word(text, "true false")) ? NULL : "true or false";
	case FIELD_WORD:
		return text && is_word(text, field->words) ? NULL : "one of the words that it may be";
	case FIELD_URL:
		return text && (call->simulator->options->receipts[call->vendor->provider] || text_is_local_url(text))
			       ? NULL
			       : "a URL on this host, where receipts can go";
	case FIELD_OBJECT:
		return json_is_object(value) ? NULL : "an object";
	case FIELD_LIST:
		return json_is_array(value) ? NULL : "an array";
	case FIELD_ARRAY:
		return json_is_array(value) && json_array_size(value) == 1 ? NULL : "an array of one";
	}
	return NULL;
}

static const struct vendor_field *field_find(const struct vendor_field *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

int vendor_check(struct vendor_call *call, const json_t *object, const char *where, const struct vendor_field *fields,
		 size_t n)
{
	const char *name, *wrong;
	json_t *value;

	if (!json_is_object(object)) {
		vendor_refuse(call, VENDOR_INVALID, "%s must be an object", where);
		return -EBADMSG;
	}
	json_object_foreach((json_t *)object, name, value)
	{
		const struct vendor_field *field = field_find(fields, n, name);

		wrong = field ? field_wrong(call, field, value) : NULL;
		if (field && !wrong)
			continue;
		if (field)
			vendor_refuse(call, VENDOR_INVALID, "%s in %s must be %s", name, where, wrong);
		else
			vendor_refuse(call, VENDOR_INVALID, "unexpected \"%.40s\" in %s", name, where);
		return -EBADMSG;
	}
	for (size_t i = 0; i < n; i++) {
		if (fields[i].optional || json_object_get(object, fields[i].name))
			continue;
		vendor_refuse(call, VENDOR_INVALID, "%s is missing in %s", fields[i].name, where);
		return -EBADMSG;
	}
	return 0;
}

const char *vendor_text(const struct vendor_call *call, const char *name)
{
	return json_string_value(json_object_get(call->fields, name));
}

void vendor_answer(const struct vendor *vendor, struct simulator *simulator, const struct request *request,
		   struct answer *answer)
{
	struct vendor_call call = {.simulator = simulator, .request = request, .answer = answer, .vendor = vendor};
	const struct vendor_method *method = method_find(&call);

	if (!method)
		return;
	if (vendor->key_in_fields)
		call.fields = fields_of(&call, method->body);
	if (answer->outcome == ANSWER_REFUSED)
		return;
	if (!vendor->authenticate(&call))
		vendor_refuse(&call, VENDOR_UNAUTHORIZED, "the credentials are missing or wrong");
	else if (!call.fields)
		call.fields = fields_of(&call, method->body);
	if (answer->outcome != ANSWER_REFUSED &&
	    vendor_check(&call, call.fields, "the request", method->fields, method->fields_n) == 0)
		method->run(&call);
	json_decref(call.fields);
}

/* A code that is an HTTP status is sent as that. */
static void fail_code(struct vendor_call *call, const struct fault *fault)
{
	int code = atoi(fault->code);
	unsigned status = fault->status                ? fault->status
			  : code >= 400 && code <= 599 ? (unsigned)code
						       : call->vendor->errors[VENDOR_BROKEN].status;

	vendor_refuse_code(call, status, fault->code, "Asked for by --fail");
	call->answer->outcome = ANSWER_FAILED;
}

bool vendor_deliver(struct vendor_call *call, struct message *draft, char id[static MESSAGES_ID_MAX],
		    const char **ret_id)
{
	const struct fault *fault;
	int r;

	draft->provider = call->vendor->provider;
	draft->id = id;
	draft->at_ms = call->request->at_ms;
	if (!draft->language)
		draft->language = "";
	if (!draft->callback)
		draft->callback = "";
	r = deliver(call->simulator, draft, &fault);
	if (r == -EEXIST)
		vendor_refuse(call, VENDOR_DUPLICATE, "this reference was used before: this message was sent already");
	else if (r < 0)
		vendor_refuse_code(call, 503, "503", "the simulator is out of memory");
	if (r < 0)
		return false;
	call->answer->changes_messages = true;
	*ret_id = id;
	if (!fault || fault_kind(fault) == FAULT_SILENT)
		return true;
	call->answer->outcome = ANSWER_FAILED;
	if (fault_kind(fault) == FAULT_CODE) {
		fail_code(call, fault);
		return false;
	}
	if (fault_kind(fault) == FAULT_HTTP) {
		fault_answer(fault, call->simulator->elsewhere, call->answer);
		return false;
	}
	*ret_id = NULL;
	return true;
}

struct message *vendor_find(struct vendor_call *call, const char *id)
{
	struct message *message = messages_find(call->simulator->messages, call->vendor->provider, id);

	if (!message)
		vendor_refuse(call, VENDOR_NOT_FOUND, "there is no message with this id");
	return message;
}

static bool is_same(const char *text, const char *expected)
{
	size_t n = strlen(expected);

	return text && strlen(text) == n && CRYPTO_memcmp(text, expected, n) == 0;
}

bool vendor_is_token(const struct vendor_call *call, const char *text)
{
	return is_same(text, call->simulator->options->token);
}

bool vendor_is_basic(const struct vendor_call *call, const char *user)
{
	char plain[OPTIONS_SECRET_MAX + 64], expected[sizeof(plain) * 2] = "Basic ";

	snprintf(plain, sizeof(plain), "%s:%s", user, call->simulator->options->token);
	EVP_EncodeBlock((unsigned char *)expected + 6, (unsigned char *)plain, (int)strlen(plain));
	return is_same(call->request->authorization, expected);
}
