/* telegram: a link by which a user makes their chat known to the bot of a channel. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/qr.h"
#include "tools/otpctl/terminal.h"

#include <string.h>

#define DRIVER "telegram_bot"

/* --channel, else the only channel that has a bot. NULL after an error. */
static const char *channel_of(struct otpctl *ctl)
{
	const struct config *config;
	const char *found = NULL;

	if (ctl->options.channel)
		return ctl->options.channel;
	config = otpctl_config(ctl);
	if (!config) {
		output_error("telegram: %s; name the channel by --channel", ctl->config_error);
		return NULL;
	}
	for (size_t i = 0; i < config->channel_count; i++) {
		if (strcmp(config->channels[i].driver, DRIVER) != 0)
			continue;
		if (found) {
			output_error("telegram: both %s and %s have a bot; name one by --channel", found,
				     config->channels[i].name);
			return NULL;
		}
		found = config->channels[i].name;
	}
	if (!found)
		output_error("telegram: no channel of %s has driver = " DRIVER "; add one, see whatsapp-otp.conf(5)",
			     otpctl_config_file(ctl));
	return found;
}

static void print_link(const struct link_begin *request, const char *link)
{
	size_t columns = terminal_columns();

	printf("%s opens this link on a phone with Telegram, within 10 minutes, and taps Start:\n\n%s\n", request->user,
	       link);
	if (columns > 0) {
		putchar('\n');
		if (qr_print(stdout, link, columns, terminal_has_colour()) < 0)
			printf("(a wider terminal shows its QR code)\n");
	}
	printf("\nThen: whatsapp-otpctl test %s --channel %s\n", request->user, request->channel);
}

int command_telegram(struct otpctl *ctl)
{
	const char *channel = channel_of(ctl);
	struct link_begin request = {0};
	struct done done;
	int status;

	if (!channel || !otpctl_copy(request.user, sizeof(request.user), ctl->arguments[0], "USER") ||
	    !otpctl_copy(request.channel, sizeof(request.channel), channel, "--channel"))
		return EXIT_USAGE;
	status = connection_once(ctl, &wire_link_begin, &request, NULL, NULL, NULL, &done);
	if (status == EXIT_OK && done.result == RESULT_ALLOW && ctl->options.json)
		output_json(json_pack("{s:s, s:s, s:s}", "user", request.user, "channel", request.channel, "link",
				      done.reason));
	else if (status == EXIT_OK && done.result == RESULT_ALLOW)
		print_link(&request, done.reason);
	return status == EXIT_OK ? connection_end_of_list(ctl, request.user, &done) : status;
}
