/*
 * driver = smtp: a mail to the address that an enrolment has, through a submission server. The server's 250 says that
 * the mail is queued, no more.
 */
#include "daemon/sender/channel.h"
#include "daemon/sender/letter.h"
#include "daemon/sender/mail.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct smtp {
	const struct config_channel *config;
	struct mail *mail;
	struct secret password;
};

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	const char *url_error =
		*c->url ? mail_url_error(c->url) : "is missing: \"smtp://host:587\" or \"smtps://host:465\"";

	if (url_error)
		return channel_config_error(c, why, "url %s", url_error);
	if (!letter_address_ok(c->mail_from))
		return channel_config_error(c, why, "needs mail_from, an address like \"otp@example.org\"");
	if ((*c->user != '\0') != (*c->password != '\0'))
		return channel_config_error(c, why, "user and password belong together");
	return channel_check_ca_file(c, why);
}

static void smtp_close(void *channel)
{
	struct smtp *s = channel;

	secret_free(&s->password);
	free(s);
}

static int smtp_open(const struct config_channel *config, struct http *http, void **ret,
		     char why[static CONFIG_WHY_MAX])
{
	struct smtp *s;
	int r = check_options(config, why);

	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct smtp){.config = config, .mail = http->mail};
	r = channel_load_secret(config, "password", config->password, &s->password, why);
	if (r < 0) {
		smtp_close(s);
		return r;
	}
	*ret = s; /* transferred */
	return 0;
}

static void on_answer(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	char code[24];

	snprintf(code, sizeof(code), "%ld", answer->status);
	if (answer->outcome != HTTP_ANSWERED)
		channel_unanswered(call, answer);
	else if (answer->status == 250)
		channel_sent(call, "");
	else
		channel_judged(call, &provider_smtp, code, false, NULL, answer);
}

static void mail_out(struct channel_call *call, const char *to, const char *text, int64_t timeout_ms, bool connect_only)
{
	const struct smtp *s = call->channel;
	const struct mail_message message = {
		.url = s->config->url,
		.user = s->config->user,
		.password = s->password.data ? s->password.data : "",
		.from = s->config->mail_from,
		.to = to,
		.text = text,
		.ca_file = s->config->ca_file,
		.timeout_ms = timeout_ms,
		.connect_only = connect_only,
	};

	call->http = (struct http_call){.done = on_answer, .userdata = call};
	s->mail->start(s->mail, &message, &call->http);
}

static void smtp_send(struct channel_call *call, const struct channel_message *message)
{
	const struct smtp *s = call->channel;
	const struct letter letter = {message->id, s->config->mail_from, message->to, message->subject, message->text};
	char *text __attribute__((cleanup(memory_freep))) = NULL;

	if (!letter_address_ok(message->to)) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request",
			       "the recipient has no address that mail can go to");
		return;
	}
	text = letter_write(&letter, (int64_t)time(NULL));
	if (text)
		mail_out(call, message->to, text, message->timeout_ms, false);
	else
		channel_failed(call, FAILURE_TRANSIENT, "memory", "the sender is out of memory");
}

/* Connects, shakes hands and logs in, to itself: nothing is sent. */
static void smtp_probe(struct channel_call *call, int64_t timeout_ms)
{
	const struct smtp *s = call->channel;

	mail_out(call, s->config->mail_from, "", timeout_ms, true);
}

static void smtp_cancel(struct channel_call *call)
{
	const struct smtp *s = call->channel;

	s->mail->cancel(s->mail, &call->http);
}

const struct channel_ops channel_smtp = {
	.name = "smtp",
	.wants = WANTS_EMAIL,
	.open = smtp_open,
	.send = smtp_send,
	.probe = smtp_probe,
	.cancel = smtp_cancel,
	.close = smtp_close,
};
