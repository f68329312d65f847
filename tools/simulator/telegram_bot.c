#include "tools/simulator/telegram_bot.h"
#include "tools/simulator/text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UPDATES_MAX 100
#define BOT_NAME "simulator_bot"
#define BOT_ID 8443

/* What users have said to the bot, the newest UPDATES_MAX; who has said something may be written to. */
struct bot_chats {
	pthread_mutex_t lock;
	uint64_t total; /* update n is in slot (n - 1) % UPDATES_MAX */
	uint64_t confirmed;
	uint64_t messages; /* message ids that were given */
	struct update {
		json_int_t chat;
		uint64_t at_ms;
		char text[128];
	} updates[UPDATES_MAX];
	json_t *started; /* chat → true */
};

struct bot_chats *bot_chats_new(void)
{
	struct bot_chats *chats = calloc(1, sizeof(*chats));

	if (!chats)
		return NULL;
	chats->started = json_object();
	pthread_mutex_init(&chats->lock, NULL);
	return chats;
}

void bot_chats_free(struct bot_chats *chats)
{
	if (!chats)
		return;
	json_decref(chats->started);
	pthread_mutex_destroy(&chats->lock);
	free(chats);
}

static void answer_result(struct vendor_call *call, json_t *result)
{
	answer_json(call->answer, 200, json_pack("{s:b, s:o}", "ok", 1, "result", result));
}

/* A chat's id, as a number in JSON or as digits in a form. */
static json_int_t number_of(const struct vendor_call *call, const char *name)
{
	const json_t *value = json_object_get(call->fields, name);

	return json_is_string(value) ? atoll(json_string_value(value)) : json_integer_value(value);
}

static void get_me(struct vendor_call *call)
{
	answer_result(call, json_pack("{s:i, s:b, s:s, s:s}", "id", BOT_ID, "is_bot", 1, "first_name", "Login codes",
				      "username", BOT_NAME));
}

static json_t *update_json(const struct update *update, uint64_t index)
{
	return json_pack("{s:I, s:{s:I, s:{s:I, s:b, s:s}, s:{s:I, s:s}, s:I, s:s}}", "update_id", (json_int_t)index,
			 "message", "message_id", (json_int_t)index, "from", "id", update->chat, "is_bot", 0,
			 "first_name", "User", "chat", "id", update->chat, "type", "private", "date",
			 (json_int_t)(update->at_ms / 1000), "text", update->text);
}

/* An offset confirms all before it. It never waits: timeout is the most that it may. */
static void get_updates(struct vendor_call *call)
{
	struct bot_chats *chats = call->simulator->chats;
	json_int_t offset = number_of(call, "offset");
	json_t *list = json_array();
	uint64_t first;

	pthread_mutex_lock(&chats->lock);
	if (offset > 0 && (uint64_t)offset - 1 > chats->confirmed)
		chats->confirmed = (uint64_t)offset - 1;
	first = chats->total > UPDATES_MAX ? chats->total - UPDATES_MAX : 0;
	for (uint64_t i = first > chats->confirmed ? first : chats->confirmed; i < chats->total; i++)
		json_array_append_new(list, update_json(&chats->updates[i % UPDATES_MAX], i + 1));
	pthread_mutex_unlock(&chats->lock);
	answer_result(call, list);
}

/* The number of a new message, or 0: the chat has not begun. */
static uint64_t message_number(struct bot_chats *chats, const char *chat)
{
	uint64_t n = 0;

	pthread_mutex_lock(&chats->lock);
	if (json_object_get(chats->started, chat))
		n = ++chats->messages;
	pthread_mutex_unlock(&chats->lock);
	return n;
}

static void send_message(struct vendor_call *call)
{
	char chat[24], id[MESSAGES_ID_MAX], code[TEXT_CODE_MAX];
	struct message draft = {
		.channel = CHANNEL_TELEGRAM, .to = chat, .text = vendor_text(call, "text"), .code = code};
	const char *shown;
	uint64_t number;
	json_t *result;

	snprintf(chat, sizeof(chat), "%" JSON_INTEGER_FORMAT, number_of(call, "chat_id"));
	number = message_number(call->simulator->chats, chat);
	if (!number)
		return vendor_refuse_code(call, 400, "400", "Bad Request: chat not found");
	if (text_length(draft.text) > 4096)
		return vendor_refuse_code(call, 400, "400", "Bad Request: message is too long");
	text_find_code(draft.text, code);
	snprintf(id, sizeof(id), "%s/%" PRIu64, chat, number);
	if (!vendor_deliver(call, &draft, id, &shown))
		return;
	result = json_pack("{s:{s:I, s:s}, s:I, s:s}", "chat", "id", (json_int_t)atoll(chat), "type", "private", "date",
			   (json_int_t)(draft.at_ms / 1000), "text", draft.text);
	if (shown)
		json_object_set_new(result, "message_id", json_integer((json_int_t)number));
	answer_result(call, result);
}

static void delete_message(struct vendor_call *call)
{
	char id[MESSAGES_ID_MAX];
	struct message *message;

	snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, number_of(call, "chat_id"),
		 number_of(call, "message_id"));
	message = messages_find(call->simulator->messages, PROVIDER_TELEGRAM_BOT, id);
	if (message)
		answer_result(call, json_true());
	else
		vendor_refuse_code(call, 400, "400", "Bad Request: message to delete not found");
	free(message);
}

/* The user opens the bot. */
static void start(struct vendor_call *call)
{
	struct bot_chats *chats = call->simulator->chats;
	const char *chat = vendor_text(call, "chat_id");
	struct update *update;

	pthread_mutex_lock(&chats->lock);
	update = &chats->updates[chats->total++ % UPDATES_MAX];
	update->chat = atoll(chat);
	update->at_ms = call->request->at_ms;
	snprintf(update->text, sizeof(update->text), "%s", vendor_text(call, "text"));
	json_object_set_new(chats->started, chat, json_true());
	pthread_mutex_unlock(&chats->lock);
	answer_text(call->answer, 204, ANSWER_JSON, "");
}

#define CHAT_MAX 9007199254740991L
static const struct vendor_field updates_fields[] = {
	{"offset", FIELD_INTEGER, .optional = true, .least = 0, .most = CHAT_MAX},
	{"limit", FIELD_INTEGER, .optional = true, .least = 1, .most = 100},
	{"timeout", FIELD_INTEGER, .optional = true, .least = 0, .most = 50},
	{"allowed_updates", FIELD_ARRAY, .optional = true},
};
static const struct vendor_field message_fields[] = {
	{"chat_id", FIELD_INTEGER, .least = 1, .most = CHAT_MAX},
	{"text", FIELD_TEXT, .most = 16384},
	{"protect_content", FIELD_BOOL, .optional = true},
	{"disable_notification", FIELD_BOOL, .optional = true},
};
static const struct vendor_field delete_fields[] = {
	{"chat_id", FIELD_INTEGER, .least = 1, .most = CHAT_MAX},
	{"message_id", FIELD_INTEGER, .least = 1, .most = CHAT_MAX},
};
static const struct vendor_field start_fields[] = {
	{"chat_id", FIELD_INTEGER, .least = 1, .most = 99999999999},
	{"text", FIELD_TEXT, .most = 127},
};

static const struct vendor_method methods[] = {
	{"GET", "/bot*/getMe", VENDOR_QUERY, NULL, 0, get_me},
	{"POST", "/bot*/getMe", VENDOR_FORM_OR_JSON, NULL, 0, get_me},
	{"GET", "/bot*/getUpdates", VENDOR_QUERY, VENDOR_FIELDS(updates_fields), get_updates},
	{"POST", "/bot*/getUpdates", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(updates_fields), get_updates},
	{"POST", "/bot*/sendMessage", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(message_fields), send_message},
	{"POST", "/bot*/deleteMessage", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(delete_fields), delete_message},
};

static const struct vendor_method user_methods[] = {
	{"POST", "/telegram/start", VENDOR_FORM, VENDOR_FIELDS(start_fields), start},
};

static bool authenticate(const struct vendor_call *call)
{
	const char *token = call->parts[0];
	size_t n = strspn(token, "0123456789");

	return n > 0 && token[n] == ':' && vendor_is_token(call, token + n + 1);
}

static bool is_anybody(const struct vendor_call *call)
{
	(void)call;
	return true;
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	json_t *json = json_pack("{s:b, s:i, s:s}", "ok", 0, "error_code", atoi(code), "description", reason);

	if (status == 429)
		json_object_set_new(json, "parameters", json_pack("{s:i}", "retry_after", 1));
	return json;
}

#define ERRORS                                                                                                         \
	{                                                                                                              \
		{401, "401"}, {404, "404"}, {405, "405"}, {400, "400"}, {400, "400"}, {400, "400"},                    \
		{                                                                                                      \
			400, "400"                                                                                     \
		}                                                                                                      \
	}

const struct vendor telegram_bot = {
	.provider = PROVIDER_TELEGRAM_BOT,
	.prefix = "/bot",
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = ERRORS,
	.error = error,
};

const struct vendor telegram_user = {
	.provider = PROVIDER_TELEGRAM_BOT,
	.prefix = "/telegram/",
	.methods = user_methods,
	.methods_n = sizeof(user_methods) / sizeof(user_methods[0]),
	.authenticate = is_anybody,
	.errors = ERRORS,
	.error = error,
};
