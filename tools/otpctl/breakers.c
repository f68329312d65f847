/* breakers, breakers close: what is skipped for a while after failures. */
#include "tools/otpctl/listing.h"

static void add_breaker(struct table *table, const void *item)
{
	const struct breaker_item *b = item;
	char opened[OUTPUT_TIME_MAX], left[OUTPUT_TIME_MAX];

	table_add(table, (const char *const[]){
				 b->channel, breaker_names[b->scope], b->subject, output_time(b->opened_at, opened),
				 b->seconds_left ? output_duration(b->seconds_left, left) : "until it works", b->code,
				 b->detail});
}

int command_breakers(struct otpctl *ctl)
{
	static const char *const headings[] = {"CHANNEL", "SCOPE", "SUBJECT", "SINCE", "LEFT", "CODE", "DETAIL"};
	static const struct listing listing = {headings, sizeof(headings) / sizeof(headings[0]), .add = add_breaker,
					       .none = "no breaker is open"};

	return listing_show(ctl, &wire_breakers, &(struct admin_user){0}, &wire_breaker, &listing);
}

int command_breakers_close(struct otpctl *ctl)
{
	struct breaker_close request = {0};
	struct done done;
	int status;

	if (!otpctl_copy(request.channel, sizeof(request.channel), ctl->arguments[0], "CHANNEL"))
		return EXIT_USAGE;
	status = connection_once(ctl, &wire_breaker_close, &request, NULL, NULL, NULL, &done);
	if (status == EXIT_OK)
		status = connection_result(ctl, "", &done);
	if (status == EXIT_OK && !ctl->options.json)
		printf("%s\n", done.reason[0] ? done.reason : "closed");
	return status;
}
