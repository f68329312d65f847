/* Ops about how codes travel: breakers, routes, addresses besides the number. */
#include "daemon/base/hex.h"
#include "daemon/core/addresses.h"
#include "daemon/core/admin_ops.h"
#include "daemon/core/route.h"
#include "daemon/core/store_address.h"
#include "daemon/core/store_breaker.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define LINK_SECONDS 600

static int64_t now_of(const struct admin *a)
{
	return a->engine->clock->now(a->engine->clock);
}

static void add_breaker(struct admin *a, const struct breaker_row *row)
{
	struct breaker_item *item = &a->page->items[a->page->count++].breaker;
	int64_t now = now_of(a), wall = a->engine->clock->wall(a->engine->clock);

	memset(item, 0, sizeof(*item));
	memcpy(item->channel, row->channel, sizeof(item->channel));
	item->scope = (int)row->scope;
	/* A recipient's index tells nobody anything. */
	snprintf(item->subject, sizeof(item->subject), "%.*s", row->scope == BREAKER_RECIPIENT ? 8 : WIRE_NAME_MAX - 1,
		 row->subject);
	memcpy(item->code, row->code, sizeof(item->code));
	memcpy(item->detail, row->detail, sizeof(item->detail));
	item->opened_at = (uint64_t)(wall - (now - row->opened) / SECOND);
	if (row->state.open_until != BREAKER_UNTIL_CLOSED)
		item->seconds_left = (uint64_t)((row->state.open_until - now + SECOND - 1) / SECOND);
}

int admin_breakers(struct admin *a)
{
	struct breaker_row row = {0};
	long long scope = 0;
	int r = 0;

	if (sscanf(a->page->after, "%lld %63[^\n]\n%63[^\n]", &scope, row.channel, row.subject) >= 1)
		row.scope = scope;
	while (a->page->count < ADMIN_PAGE_MAX && (r = store_breaker_next(a->tx, now_of(a), &row)) > 0)
		add_breaker(a, &row);
	if (r < 0)
		return r;
	a->page->more = a->page->count == ADMIN_PAGE_MAX;
	snprintf(a->page->after, sizeof(a->page->after), "%lld %s\n%s", (long long)row.scope, row.channel, row.subject);
	return reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

int admin_breaker_close(struct admin *a)
{
	const char *channel = a->request->breaker_close.channel;
	int r;

	if (channel[0] && !config_channel(a->engine->config, channel))
		return reply_done(a->reply, RESULT_DENY, "there is no channel \"%s\" in the config", channel);
	r = store_breaker_close_all(a->tx, channel, now_of(a));
	if (r < 0)
		return r;
	reply_note(a->reply, LOG_NOTICE, "%d breakers were closed by %s", r, a->by);
	return reply_done(a->reply, RESULT_ALLOW, "%d closed", r);
}

int admin_route_explain(struct admin *a)
{
	const struct route_explain *request = &a->request->route_explain;
	struct login_begin login = {0};
	struct route_plan plan;
	struct dialogue d = {.engine = a->engine, .tx = a->tx, .reply = a->reply, .now = now_of(a), .address = ""};
	int r = admin_find_user(a, request->user, &d.enrolment);

	if (r <= 0)
		return r;
	snprintf(login.user, sizeof(login.user), "%s", request->user);
	snprintf(login.service, sizeof(login.service), "%s", request->service);
	if (request->service[0] && policy_match(a->engine->config, &login, a->engine->in_group, &d.policy) < 0)
		return reply_done(a->reply, RESULT_DENY, "the groups of the policies cannot be looked up");
	r = dialogue_open_number(&d);
	if (r == 0)
		r = route_plan(&d, &plan);
	for (size_t i = 0; i < plan.count && r == 0; i++)
		a->page->items[a->page->count++].route_step = plan.steps[i];
	dialogue_wipe(&d);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

/* local@domain without blanks and brackets: what a mail server makes of it is the mail server's business. */
static bool is_email(const char *text)
{
	const char *at = strchr(text, '@');

	return at && at != text && at[1] && !strchr(at + 1, '@') && !strpbrk(text, " \t<>,;:\"\\()[]") &&
	       strlen(text) <= WIRE_RECIPIENT_MAX - sizeof("…"); /* which a masked one has more */
}

int admin_address(struct admin *a)
{
	const struct address_set *request = &a->request->address;
	struct enrolment e;
	int r;

	if (strcmp(request->kind, recipient_kind_names[RECIPIENT_EMAIL]) != 0 &&
	    (request->value[0] || strcmp(request->kind, recipient_kind_names[RECIPIENT_TELEGRAM]) != 0))
		return reply_done(a->reply, RESULT_DENY,
				  "only an e-mail address can be set (a chat is made known by a "
				  "link)");
	if (request->value[0] && !is_email(request->value))
		return reply_done(a->reply, RESULT_DENY, "that is no e-mail address");
	r = admin_find_user(a, request->user, &e);
	if (r <= 0)
		return r;
	r = request->value[0] ? addresses_put(a->engine, a->tx, e.user, request->kind, request->value)
			      : store_address_remove(a->tx, e.user, request->kind);
	reply_note(a->reply, LOG_NOTICE, "%s: the %s address was %s by %s", e.user, request->kind,
		   request->value[0] ? "set" : "removed", a->by);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s is changed", e.user);
}

int admin_link_begin(struct admin *a)
{
	const struct link_begin *request = &a->request->link_begin;
	const struct config_channel *channel = config_channel(a->engine->config, request->channel);
	unsigned char random[KEYS_ID_SIZE];
	struct link_row row = {.expires = now_of(a) + LINK_SECONDS * SECOND};
	struct enrolment e;
	int r;

	if (!channel || !channel->bot_name[0])
		return reply_done(a->reply, RESULT_DENY, "channel \"%s\" has no bot_name in the config",
				  request->channel);
	if (!a->engine->sender_ready)
		return reply_done(a->reply, RESULT_DENY,
				  "the sender is not connected: is whatsapp-otp-sender running?");
	r = admin_find_user(a, request->user, &e);
	if (r > 0)
		r = keys_random_id(0, random) < 0 ? -EIO : 1;
	if (r <= 0)
		return r;
	hex_format(random, sizeof(random), row.nonce);
	snprintf(row.user, sizeof(row.user), "%s", e.user);
	snprintf(row.channel, sizeof(row.channel), "%s", channel->name);
	r = store_link_put(a->tx, &row);
	if (r < 0)
		return r;
	a->reply->has_link = true;
	a->reply->link = (struct link){.seconds = LINK_SECONDS};
	memcpy(a->reply->link.nonce, row.nonce, sizeof(row.nonce));
	memcpy(a->reply->link.channel, row.channel, sizeof(row.channel));
	return reply_done(a->reply, RESULT_ALLOW, "https://t.me/%.64s?start=%s", channel->bot_name, row.nonce);
}
