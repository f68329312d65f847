/* whatsapp-otp-sender(8): speaks to the providers, and holds their tokens so that nobody else must. */
#include "daemon/base/secret.h"
#include "daemon/base/service.h"
#include "daemon/sender/mail.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/uplink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct channel_ops *const drivers[] = {
	&channel_whatsapp_cloud, &channel_http,         &channel_ycloud,     &channel_ycloud_voice,
	&channel_twilio,         &channel_twilio_voice, &channel_file,       &channel_vonage,
	&channel_infobip,        &channel_unifonic,     &channel_authentica, &channel_telegram_gateway,
	&channel_telegram_bot,   &channel_smtp,         &channel_modem,      NULL,
};

struct sender {
	struct http *http;
	struct uplink *uplink;
};

static void sender_stop(void *state)
{
	struct sender *s = state;

	uplink_free(s->uplink);
	if (s->http)
		mail_free(s->http->mail);
	http_free(s->http);
	free(s);
}

/*
 * Opens the config's channels and hands them to what is there, or to a new uplink. At the start some channels are
 * better than none; a reload that would lose one is refused.
 */
static int sender_use(struct sender *s, sd_event *event, struct config *config, char why[static CONFIG_WHY_MAX])
{
	struct channels *channels;
	int r = channels_open(config, s->http, drivers, s->uplink != NULL, &channels, why);

	if (r < 0)
		return r;
	r = s->uplink ? uplink_use(s->uplink, config->core.sender_socket, channels)
		      : uplink_new(event, config->core.sender_socket, channels, &s->uplink);
	if (r < 0)
		snprintf(why, CONFIG_WHY_MAX, "the line to the core could not be set up: %s", strerror(-r));
	channels_unref(channels);
	return r;
}

static int sender_start(sd_event *event, struct config *config, void **ret, char why[static CONFIG_WHY_MAX])
{
	struct sender *s = calloc(1, sizeof(*s));
	int r = s ? 0 : -ENOMEM;

	secret_harden_process();
	unsetenv("SSLKEYLOGFILE"); /* libcurl would write the keys of all sessions there */
	snprintf(why, CONFIG_WHY_MAX, "out of memory");
	if (r == 0)
		r = memory_setup();
	if (r == 0)
		r = http_new(event, &s->http);
	if (r == 0)
		r = mail_new(event, &s->http->mail);
	if (r == 0)
		r = sender_use(s, event, config, why);
	if (r < 0) {
		if (s)
			sender_stop(s);
		return r;
	}
	*ret = s; /* transferred */
	return 0;
}

static int sender_reload(void *state, struct config *config, char why[static CONFIG_WHY_MAX])
{
	return sender_use(state, NULL, config, why);
}

static void sender_status(void *state, char *text, size_t size)
{
	const struct sender *s = state;

	uplink_status(s->uplink, text, size);
}

static void sender_ping(void *state, void (*alive)(void))
{
	(void)state;
	alive();
}

static const struct service_ops sender = {
	.program = "whatsapp-otp-sender",
	.purpose = "Sends the codes of pam_whatsapp_otp through the configured channels.",
	.start = sender_start,
	.reload = sender_reload,
	.status = sender_status,
	.ping = sender_ping,
	.stop = sender_stop,
};

int main(int argc, char **argv)
{
	return service_main(&sender, argc, argv);
}
