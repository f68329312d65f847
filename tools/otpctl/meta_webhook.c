/* webhook subscribe, status: whether Meta tells what becomes of messages, and whom. */
#include "tools/otpctl/credential.h"
#include "tools/otpctl/meta.h"
#include "tools/otpctl/meta_commands.h"
#include "tools/otpctl/meta_subscription.h"
#include "tools/otpctl/output.h"

#include <string.h>

static int url_error(const char *url)
{
	if (!url || (strncmp(url, "https://", 8) == 0 && url[8] && !strpbrk(url, " \t\r\n#")))
		return EXIT_OK;
	output_error("--url %s: wants https://HOST/PATH, as Meta reaches the webhook", url);
	return EXIT_USAGE;
}

/* Meta asks the URL for the verify_token at once, so the webhook must be running. NULL after an error. */
static json_t *body_of(const struct meta *meta)
{
	const char *reference = meta->config->webhook.verify_token;
	char why[CONFIG_WHY_MAX];
	struct secret token = {0};
	json_t *body = NULL;

	if (!reference[0])
		output_error("webhook subscribe: webhook { verify_token } of %s is not set; set it and start "
			     "whatsapp-otp-webhook first: Meta asks the URL for it at once",
			     otpctl_config_file(meta->ctl));
	else if (credential_load(otpctl_config_file(meta->ctl), reference, &token, why, sizeof(why)) < 0)
		output_error("webhook subscribe: verify_token: %s", why);
	else
		body = json_pack("{s:s, s:s}", "override_callback_uri", meta->ctl->options.url, "verify_token",
				 token.data);
	secret_free(&token);
	return body;
}

static int subscribe(const struct meta *meta, const char *account)
{
	const char *url = meta->ctl->options.url;
	json_t *body = url ? body_of(meta) : NULL;
	struct graph_answer answer;
	int status;

	if (url && !body)
		return EXIT_REFUSED;
	status = graph_call(meta->graph, "POST", body, GRAPH_SECRET, &answer, "%s/subscribed_apps", account);
	if (status != EXIT_OK)
		(void)meta_refused(meta, &answer,
				   url ? "is whatsapp-otp-webhook running, and reached at this URL from outside?"
				       : NULL);
	else if (meta->ctl->options.json)
		output_json(json_pack("{s:s, s:b, s:s}", "account", account, "subscribed", 1, "url", url ? url : ""));
	else
		printf("subscribed: Meta tells %s what becomes of messages\n", url ? url : "the app's callback URL");
	graph_answer_clear(&answer);
	return status;
}

int command_webhook_subscribe(struct otpctl *ctl)
{
	const char *account;
	struct meta meta;
	int status = url_error(ctl->options.url);

	if (status != EXIT_OK)
		return status;
	status = meta_open(ctl, &meta);
	if (status == EXIT_OK) {
		account = meta_account(&meta);
		status = account ? subscribe(&meta, account) : EXIT_USAGE;
	}
	meta_close(&meta);
	return status;
}

static void print_status(const struct meta *meta, const struct meta_subscription *s)
{
	if (meta->ctl->options.json) {
		output_json(json_pack("{s:s, s:b, s:s, s:s}", "account", meta->channel->waba_id, "subscribed",
				      s->subscribed, "app", s->app, "url", s->url));
		return;
	}
	if (!s->subscribed)
		printf("not subscribed: Meta tells nobody what becomes of messages; whatsapp-otpctl webhook "
		       "subscribe\n");
	else
		printf("subscribed: app %s, %s\n", s->app[0] ? s->app : "-",
		       s->url[0] ? s->url : "at the callback URL of the app (App Dashboard, WhatsApp, Configuration)");
}

int command_webhook_status(struct otpctl *ctl)
{
	struct meta_subscription found;
	struct graph_answer answer = {0};
	const char *account, *wanted;
	struct meta meta;
	int status = meta_open(ctl, &meta);

	account = status == EXIT_OK ? meta_account(&meta) : NULL;
	if (status == EXIT_OK && !account)
		status = EXIT_USAGE;
	if (status == EXIT_OK) {
		status = meta_subscription_get(meta.graph, account, &found, &answer);
		if (status != EXIT_OK)
			(void)meta_refused(&meta, &answer, NULL);
	}
	if (status == EXIT_OK) {
		char url[GRAPH_TEXT_MAX];

		print_status(&meta, &found);
		wanted = meta_subscription_wanted(meta.config, url);
		if (found.url[0] && wanted && strcmp(wanted, found.url) != 0)
			output_warning("the webhook of this config is %s; whatsapp-otpctl webhook subscribe --url %s",
				       wanted, wanted);
		status = found.subscribed ? EXIT_OK : EXIT_REFUSED;
	}
	meta_close(&meta);
	return status;
}
