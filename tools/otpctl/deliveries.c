/*
 * test: a real message, watched until it has arrived, or until a provider took it if nothing will tell of its arrival,
 * or until every channel has failed.
 */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"

#include <string.h>
#include <time.h>

#define WATCH_SECONDS 30
#define POLL_MS 200
#define CHANNELS_MAX 16

struct seen {
	char channel[WIRE_NAME_MAX], state[WIRE_NAME_MAX];
};

struct progress {
	bool json;
	const struct config *config; /* NULL if it cannot be read */
	uint64_t started_ms;
	struct seen seen[CHANNELS_MAX];
	size_t count;
	/* In this round: */
	size_t waiting;    /* planned, sending … */
	bool accepted;     /* a provider has it, a receipt is to come */
	bool settled;      /* it has arrived, or was taken by a channel without receipts */
	bool was_accepted; /* in any round */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* True if the channel's state is not the one that was printed last. */
static bool is_news(struct progress *watch, const struct delivery_item *d)
{
	size_t i = 0;

	while (i < watch->count && strcmp(watch->seen[i].channel, d->channel) != 0)
		i++;
	if (i < watch->count && strcmp(watch->seen[i].state, d->state) == 0)
		return false;
	if (i == CHANNELS_MAX)
		return true;
	memcpy(watch->seen[i].channel, d->channel, sizeof(d->channel));
	memcpy(watch->seen[i].state, d->state, sizeof(d->state));
	watch->count += i == watch->count;
	return true;
}

static void print_delivery(const struct progress *watch, const struct delivery_item *d)
{
	static const struct {
		const char *state, *sentence;
	} sentences[] = {
		{"sending", "handed to the sender"},
		{"sent", "accepted by the provider"},
		{"delivered", "delivered"},
		{"read", "read"},
		{"failed", "failed"},
		{"unknown", "no answer from the provider, it may still arrive"},
		{"cancelled", "cancelled"},
		{"spared", "not needed"},
	};
	const char *sentence = d->state;

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(sentences[i].state, d->state) == 0)
			sentence = sentences[i].sentence;
	if (strcmp(d->state, "planned") == 0)
		printf("%s: planned in %llu s", d->channel, (unsigned long long)(d->wait_ms + 500) / 1000);
	else if (strcmp(d->state, "paused") == 0)
		printf("%s: waits for its turn", d->channel);
	else
		printf("%s: %s after %.1f s", d->channel, sentence, (double)(now_ms() - watch->started_ms) / 1000);
	printf("%s%s%s%s\n", d->code[0] ? ": " : "", d->code, d->detail[0] ? ": " : "", d->detail);
	fflush(stdout);
}

static bool has_receipts(const struct config *config, const char *name)
{
	const struct config_channel *channel = config ? config_channel(config, name) : NULL;

	return channel && channel->receipts != RECEIPTS_NONE;
}

/* What the state means for the round. */
static void count_delivery(struct progress *watch, const struct delivery_item *d)
{
	if (strcmp(d->state, "planned") == 0 || strcmp(d->state, "paused") == 0 || strcmp(d->state, "sending") == 0)
		watch->waiting++;
	else if (strcmp(d->state, "delivered") == 0 || strcmp(d->state, "read") == 0)
		watch->settled = true;
	else if (strcmp(d->state, "sent") == 0 && has_receipts(watch->config, d->channel))
		watch->accepted = watch->was_accepted = true;
	else if (strcmp(d->state, "sent") == 0)
		watch->settled = true;
}

static void on_delivery(void *userdata, const struct wire_message *message, const void *item)
{
	const struct delivery_item *d = item;
	struct progress *watch = userdata;

	count_delivery(watch, d);
	if (!is_news(watch, d))
		return;
	if (watch->json)
		output_json(output_json_of(message, item));
	else
		print_delivery(watch, d);
}

/* Nobody has it, and nothing is left that could bring it. */
static int fail(const struct progress *watch)
{
	output_error("test: %s; look at whatsapp-otpctl health --probe",
		     watch->was_accepted ? "the message did not arrive, and no channel is left"
					 : "no channel took the message");
	return EXIT_REFUSED;
}

static int time_is_up(const struct progress *watch)
{
	if (watch->accepted) {
		if (!watch->json)
			printf("accepted, no receipt yet\n");
		return EXIT_OK;
	}
	output_error("test: %s within %d s; look at whatsapp-otpctl health --probe",
		     watch->was_accepted ? "the message did not arrive" : "no provider took the message",
		     WATCH_SECONDS);
	return EXIT_REFUSED;
}

static int watch_deliveries(struct connection *connection, struct progress *watch, const char *challenge)
{
	struct deliveries request = {0};
	struct done done;

	snprintf(request.challenge, sizeof(request.challenge), "%s", challenge);
	while (now_ms() - watch->started_ms < WATCH_SECONDS * 1000) {
		int status;

		watch->waiting = 0;
		watch->accepted = watch->settled = false;
		status = connection_call(connection, &wire_deliveries, &request, &wire_delivery, on_delivery, watch,
					 &done);
		if (status != EXIT_OK || watch->settled)
			return status;
		if (done.result != RESULT_ALLOW) {
			output_error("test: %s", done.reason[0] ? done.reason : "the deliveries cannot be read");
			return EXIT_REFUSED;
		}
		if (watch->waiting == 0 && !watch->accepted)
			return fail(watch);
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
	}
	return time_is_up(watch);
}

int command_test(struct otpctl *ctl)
{
	struct connection connection = CONNECTION_CLOSED;
	struct progress watch = {.json = ctl->options.json, .config = otpctl_config(ctl), .started_ms = now_ms()};
	struct admin_user request;
	struct done done;
	int status;

	if (!connection_user(ctl, &request))
		return EXIT_USAGE;
	status = connection_open(ctl, &connection);
	if (status == EXIT_OK)
		status = connection_call(&connection, &wire_test, &request, NULL, NULL, NULL, &done);
	if (status == EXIT_OK)
		status = connection_end_of_list(ctl, request.user, &done);
	if (status == EXIT_OK)
		status = watch_deliveries(&connection, &watch, done.challenge);
	connection_close(&connection);
	return status;
}
