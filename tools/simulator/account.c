#include "tools/simulator/account.h"
#include "tools/simulator/graph_error.h"
#include "tools/simulator/pause.h"
#include "tools/simulator/random.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_TEMPLATE_ID UINT64_C(594425479261596)
#define HOUR_MS UINT64_C(3600000)

struct kept_template {
	json_t *json;         /* as it was made, with id and category */
	uint64_t approved_ms; /* PENDING before */
};

struct account {
	pthread_mutex_t lock;
	const struct options *options;
	bool registered, verified, subscribed;
	char pin[7]; /* empty: none yet */
	char code[ACCOUNT_CODE_MAX];
	uint64_t registers[ACCOUNT_REGISTERS_MAX]; /* when; a ring */
	size_t registers_n;
	char callback[512];
	uint64_t next_id;
	struct kept_template templates[ACCOUNT_TEMPLATES_MAX];
	size_t templates_n;
};

static void add_default(struct account *account, const char *name, const char *language)
{
	char id[24];
	json_t *template =
		json_pack("{s:s, s:s, s:s, s:[{s:s, s:b}, {s:s, s:[{s:s, s:s, s:s}]}]}", "name", name, "language",
			  language, "category", "AUTHENTICATION", "components", "type", "BODY",
			  "add_security_recommendation", 1, "type", "BUTTONS", "buttons", "type", "URL", "text",
			  "Copy code", "url", "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}");

	if (account_add_template(account, template, id) == 0)
		account->templates[account->templates_n - 1].approved_ms = 0;
	json_decref(template);
}

struct account *account_new(const struct options *options)
{
	struct account *account = calloc(1, sizeof(*account));

	if (!account)
		return NULL;
	*account = (struct account){
		.options = options, .registered = true, .verified = true, .next_id = FIRST_TEMPLATE_ID};
	pthread_mutex_init(&account->lock, NULL);
	for (size_t i = 0; i < options->templates_n; i++)
		for (size_t k = 0; k < options->languages_n; k++)
			add_default(account, options->templates[i], options->languages[k]);
	return account;
}

void account_free(struct account *account)
{
	if (!account)
		return;
	for (size_t i = 0; i < account->templates_n; i++)
		json_decref(account->templates[i].json);
	pthread_mutex_destroy(&account->lock);
	free(account);
}

static int take_register(struct account *account)
{
	uint64_t now = pause_now_ms(), *slot = &account->registers[account->registers_n % ACCOUNT_REGISTERS_MAX];

	if (account->registers_n >= ACCOUNT_REGISTERS_MAX && now - *slot < ACCOUNT_REGISTERS_HOURS * HOUR_MS)
		return GRAPH_REGISTERS;
	*slot = now;
	account->registers_n++;
	return 0;
}

int account_register(struct account *account, const char *pin)
{
	int r;

	pthread_mutex_lock(&account->lock);
	r = take_register(account);
	if (r == 0 && !account->verified)
		r = GRAPH_NOT_VERIFIED;
	if (r == 0 && account->pin[0] && strcmp(account->pin, pin) != 0)
		r = GRAPH_WRONG_PIN;
	if (r == 0) {
		snprintf(account->pin, sizeof(account->pin), "%s", pin);
		account->registered = true;
	}
	pthread_mutex_unlock(&account->lock);
	return r;
}

int account_deregister(struct account *account)
{
	int r;

	pthread_mutex_lock(&account->lock);
	r = take_register(account);
	if (r == 0)
		account->registered = false;
	pthread_mutex_unlock(&account->lock);
	return r;
}

int account_set_pin(struct account *account, const char *pin)
{
	int r;

	pthread_mutex_lock(&account->lock);
	r = account->registered ? 0 : GRAPH_NOT_REGISTERED;
	if (r == 0)
		snprintf(account->pin, sizeof(account->pin), "%s", pin);
	pthread_mutex_unlock(&account->lock);
	return r;
}

void account_request_code(struct account *account, char code[static ACCOUNT_CODE_MAX])
{
	random_text(code, ACCOUNT_CODE_MAX - 1, "0123456789123456");
	pthread_mutex_lock(&account->lock);
	memcpy(account->code, code, ACCOUNT_CODE_MAX);
	account->verified = false;
	pthread_mutex_unlock(&account->lock);
}

int account_verify_code(struct account *account, const char *code)
{
	bool right;

	pthread_mutex_lock(&account->lock);
	right = account->code[0] && strcmp(account->code, code) == 0;
	if (right) {
		account->code[0] = '\0';
		account->verified = true;
	}
	pthread_mutex_unlock(&account->lock);
	return right ? 0 : GRAPH_WRONG_CODE;
}

static bool is_set(struct account *account, const bool *flag)
{
	bool set;

	pthread_mutex_lock(&account->lock);
	set = *flag;
	pthread_mutex_unlock(&account->lock);
	return set;
}

bool account_is_registered(struct account *account)
{
	return is_set(account, &account->registered);
}

bool account_is_verified(struct account *account)
{
	return is_set(account, &account->verified);
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool has(const json_t *template, const char *key, const char *value)
{
	return strcmp(text_at(template, key), value) == 0;
}

enum account_template account_template(struct account *account, const char *name, const char *language)
{
	enum account_template r = ACCOUNT_NO_NAME;
	uint64_t now = pause_now_ms();

	pthread_mutex_lock(&account->lock);
	for (size_t i = 0; i < account->templates_n && r != ACCOUNT_APPROVED; i++) {
		const struct kept_template *kept = &account->templates[i];

		if (!has(kept->json, "name", name))
			continue;
		if (has(kept->json, "language", language))
			r = kept->approved_ms <= now ? ACCOUNT_APPROVED : ACCOUNT_PENDING;
		else if (r == ACCOUNT_NO_NAME)
			r = ACCOUNT_NO_LANGUAGE;
	}
	pthread_mutex_unlock(&account->lock);
	return r;
}

static int add(struct account *account, const json_t *template, char id[static 24])
{
	struct kept_template *kept = &account->templates[account->templates_n];

	for (size_t i = 0; i < account->templates_n; i++)
		if (has(account->templates[i].json, "name", text_at(template, "name")) &&
		    has(account->templates[i].json, "language", text_at(template, "language")))
			return -EEXIST;
	if (account->templates_n == ACCOUNT_TEMPLATES_MAX)
		return -ENOSPC;
	kept->json = json_deep_copy(template);
	if (!kept->json)
		return -ENOMEM;
	snprintf(id, 24, "%" PRIu64, account->next_id++);
	json_object_set_new(kept->json, "id", json_string(id));
	json_object_set_new(kept->json, "category", json_string("AUTHENTICATION"));
	kept->approved_ms = pause_now_ms() + account->options->template_pending_ms;
	account->templates_n++;
	return 0;
}

int account_add_template(struct account *account, const json_t *template, char ret_id[static 24])
{
	int r;

	pthread_mutex_lock(&account->lock);
	r = add(account, template, ret_id);
	pthread_mutex_unlock(&account->lock);
	return r;
}

int account_delete_template(struct account *account, const char *name, const char *id)
{
	size_t left = 0;
	int n;

	pthread_mutex_lock(&account->lock);
	for (size_t i = 0; i < account->templates_n; i++) {
		struct kept_template *kept = &account->templates[i];

		if (has(kept->json, "name", name) && (!id || has(kept->json, "id", id)))
			json_decref(kept->json);
		else
			account->templates[left++] = *kept;
	}
	n = (int)(account->templates_n - left);
	account->templates_n = left;
	pthread_mutex_unlock(&account->lock);
	return n;
}

json_t *account_templates(struct account *account, const char *name, const char *id)
{
	uint64_t now = pause_now_ms();
	json_t *list = json_array();

	pthread_mutex_lock(&account->lock);
	for (size_t i = 0; i < account->templates_n; i++) {
		const struct kept_template *kept = &account->templates[i];
		json_t *copy;

		if ((name && !has(kept->json, "name", name)) || (id && !has(kept->json, "id", id)))
			continue;
		copy = json_deep_copy(kept->json);
		json_object_set_new(copy, "status", json_string(kept->approved_ms <= now ? "APPROVED" : "PENDING"));
		json_array_append_new(list, copy);
	}
	pthread_mutex_unlock(&account->lock);
	return list;
}

void account_subscribe(struct account *account, const char *url)
{
	pthread_mutex_lock(&account->lock);
	account->subscribed = url;
	snprintf(account->callback, sizeof(account->callback), "%s", url ? url : "");
	pthread_mutex_unlock(&account->lock);
}

json_t *account_subscriptions(struct account *account)
{
	json_t *list = json_array();

	pthread_mutex_lock(&account->lock);
	if (account->subscribed)
		json_array_append_new(list, json_pack("{s:{s:s, s:s}, s:s*}", "whatsapp_business_api_data", "id",
						      "670843887433847", "name", "simulator", "override_callback_uri",
						      account->callback[0] ? account->callback : NULL));
	pthread_mutex_unlock(&account->lock);
	return list;
}
