/*
 * driver = telegram_bot: a bot of the admin's own writes to users who have started it. A user starts it by a link with
 * a word of ours in it, which the bot then hears. The token stands in the URL's path, and so the URL in no log.
 */
#include "daemon/sender/api.h"
#include "daemon/sender/api_option.h"
#include "daemon/sender/api_telegram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define START "/start "
#define CHAT_MOST 16 /* digits of a chat's id */
#define UPDATES 20   /* asked for at once; one by one after an answer that was too long */
#define ROUNDS 10    /* of questions, one after the other while answers are full: strangers may write to the bot, too */
#define WAIT_MOST 86400

struct bot {
	struct api api; /* first */
	json_int_t offset;
	int updates;
};

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	size_t length = strlen(c->bot_name);

	if (length < 5 || length > 32 || strspn(c->bot_name, LETTERS DIGITS "_") != length)
		return channel_config_error(c, why, "needs bot_name, the bot's user name without @");
	return api_check_kind(c, CHANNEL_TELEGRAM, CHANNEL_TELEGRAM, why);
}

/* "123456:AAH…": anything else would be another path. */
static bool token_ok(const char *token)
{
	size_t digits = strspn(token, DIGITS);
	const char *key = token + digits + 1;

	return digits > 0 && token[digits] == ':' && *key && key[strspn(key, LETTERS DIGITS "_-")] == '\0';
}

static int bot_open(const struct config_channel *config, struct http *http, void **ret, char why[static CONFIG_WHY_MAX])
{
	static const struct api_terms terms = {
		.base_url = "https://api.telegram.org",
		.size = sizeof(struct bot),
		.check = check_options,
	};
	void *state = NULL;
	int r = api_open(&terms, config, http, &state, why);
	struct bot *bot = state;

	if (r < 0)
		return r;
	if (!token_ok(bot->api.secret.data)) {
		api_close(bot);
		return channel_config_error(config, why,
					    "token: the file does not hold a bot's token (\"123456:AAH…\")");
	}
	bot->updates = UPDATES;
	*ret = bot; /* transferred */
	return 0;
}

/* Takes body over. */
static void bot_call(struct channel_call *call, const char *method, json_t *body, int64_t timeout_ms, api_done *done)
{
	const struct api *api = call->channel;
	const struct template_value values[] = {{"token", api->secret.data}, {"method", method}, {NULL, NULL}};
	char *path __attribute__((cleanup(memory_freep))) = NULL;

	(void)template_render("/bot{token}/{method}", TEMPLATE_PLAIN, values, &path);
	api_post_json(call, path, body, timeout_ms, done);
}

static void answer_error(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	json_int_t wait = json_integer_value(json_object_get(json_object_get(root, "parameters"), "retry_after"));
	struct http_answer later = *answer;
	char code[WIRE_NAME_MAX];

	if (wait > 0)
		later.retry_after = wait < WAIT_MOST ? wait : WAIT_MOST;
	if (answer->status / 100 == 5)
		channel_refused(call, &later); /* its error_code says no more */
	else if (json_is_integer(json_object_get(root, "error_code")) &&
		 api_word(json_object_get(root, "error_code"), code))
		channel_judged(call, &provider_telegram_bot, code, false, NULL, &later);
	else
		api_refused(call, &provider_telegram_bot, &later);
}

/* The message, and away with it. */

/* A private chat's id is its user's, a positive number; groups and channels are none of our business. */
static bool chat_of(const char *to, json_int_t *ret)
{
	size_t digits = strspn(to, DIGITS);

	*ret = atoll(to);
	return digits > 0 && digits <= CHAT_MOST && to[digits] == '\0' && *ret > 0;
}

static void judge_message(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	char id[API_ID_MAX];

	if (api_id(json_object_get(telegram_result(answer, root), "message_id"), id))
		channel_sent(call, id);
	else
		answer_error(call, answer, root);
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_message);
}

static void bot_send(struct channel_call *call, const struct channel_message *message)
{
	json_int_t chat;

	if (!chat_of(message->to, &chat)) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the recipient is no private Telegram chat");
		return;
	}
	bot_call(call, "sendMessage",
		 json_pack("{s:I, s:s, s:b, s:b}", "chat_id", chat, "text", message->text, "protect_content", true,
			   "disable_notification", false),
		 message->timeout_ms, on_message);
}

static void judge_done(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	if (json_is_true(telegram_result(answer, root)))
		channel_sent(call, "");
	else
		answer_error(call, answer, root);
}

static void on_done(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_done);
}

static void bot_revoke(struct channel_call *call, const char *to, const char *message_id, int64_t timeout_ms)
{
	json_int_t chat, message;
	json_t *body = chat_of(to, &chat) && chat_of(message_id, &message)
			       ? json_pack("{s:I, s:I}", "chat_id", chat, "message_id", message)
			       : NULL;

	bot_call(call, "deleteMessage", body, timeout_ms, on_done);
}

/* The bot. */

static void judge_bot(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const struct api *api = call->channel;
	const char *name = json_string_value(json_object_get(telegram_result(answer, root), "username"));

	if (!name)
		answer_error(call, answer, root);
	else if (strcasecmp(name, api->config->bot_name) != 0)
		channel_failed(call, FAILURE_CONFIG, "bot_name", "the token belongs to another bot than bot_name says");
	else
		channel_sent(call, "");
}

static void on_bot(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_bot);
}

static void bot_probe(struct channel_call *call, int64_t timeout_ms)
{
	bot_call(call, "getMe", json_object(), timeout_ms, on_bot);
}

/* Links. */

/* "/start NONCE" in a private chat tells who has opened our link. */
static void look_at(const json_t *update, const struct channel_link_listener *listener)
{
	const json_t *message = json_object_get(update, "message");
	const json_t *chat = json_object_get(message, "chat");
	const char *type = json_string_value(json_object_get(chat, "type"));
	const char *text = json_string_value(json_object_get(message, "text"));
	const char *nonce = text && strncmp(text, START, strlen(START)) == 0 ? text + strlen(START) : "";
	size_t length = strspn(nonce, LETTERS DIGITS "_-");
	char address[API_ID_MAX];
	json_int_t id;

	if (!type || strcmp(type, "private") != 0 || length == 0 || length >= WIRE_ID_MAX || nonce[length])
		return;
	if (json_is_integer(json_object_get(chat, "id")) && api_id(json_object_get(chat, "id"), address) &&
	    chat_of(address, &id))
		listener->linked(listener->userdata, nonce, address);
}

/* A look for links under way. */
struct look {
	struct channel_link_listener listener;
	int64_t timeout_ms; /* of each question */
	int asked, rounds;
};

static void take_updates(struct bot *bot, const json_t *updates, const struct channel_link_listener *listener)
{
	const json_t *update;
	size_t i;

	json_array_foreach(updates, i, update)
	{
		json_int_t id = json_integer_value(json_object_get(update, "update_id"));

		if (id < bot->offset)
			continue;
		bot->offset = id < INT64_MAX ? id + 1 : id;
		look_at(update, listener);
	}
}

static void ask_for_updates(struct channel_call *call);

static void judge_updates(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *updates = telegram_result(answer, root);
	struct look *look = call->scratch;
	struct bot *bot = call->channel;
	bool more = json_is_array(updates) && json_array_size(updates) >= (size_t)look->asked && look->rounds < ROUNDS;

	if (json_is_array(updates)) {
		bot->updates = UPDATES;
		take_updates(bot, updates, &look->listener);
	}
	if (more) {
		ask_for_updates(call);
		return;
	}
	memory_free(look);
	call->scratch = NULL;
	if (json_is_array(updates))
		channel_sent(call, "");
	else
		answer_error(call, answer, root);
}

static void on_updates(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	struct bot *bot = call->channel;

	if (answer->outcome == HTTP_LOST)
		bot->updates = 1;
	api_heard(http, answer, judge_updates);
}

static void ask_for_updates(struct channel_call *call)
{
	const struct bot *bot = call->channel;
	struct look *look = call->scratch;

	look->rounds++;
	look->asked = bot->updates;
	bot_call(call, "getUpdates",
		 json_pack("{s:I, s:i, s:i, s:[s]}", "offset", bot->offset, "limit", bot->updates, "timeout", 0,
			   "allowed_updates", "message"),
		 look->timeout_ms, on_updates);
}

static void bot_look_for_links(struct channel_call *call, const struct channel_link_listener *listener,
			       int64_t timeout_ms)
{
	struct look *look = memory_resize(NULL, sizeof(*look));

	if (!look) {
		channel_failed(call, FAILURE_TRANSIENT, "request", "the request could not be built");
		return;
	}
	*look = (struct look){.listener = *listener, .timeout_ms = timeout_ms};
	call->scratch = look;
	ask_for_updates(call);
}

const struct channel_ops channel_telegram_bot = {
	.name = "telegram_bot",
	.wants = WANTS_TEXT,
	.open = bot_open,
	.send = bot_send,
	.probe = bot_probe,
	.revoke = bot_revoke,
	.look_for_links = bot_look_for_links,
	.cancel = api_cancel,
	.close = api_close,
};
