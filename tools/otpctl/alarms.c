/* alarms, alarms ack: what the core wants somebody to know. */
#include "tools/otpctl/listing.h"

static void add_alarm(struct table *table, const void *item)
{
	const struct alarm_item *a = item;
	char count[24], first[OUTPUT_TIME_MAX], last[OUTPUT_TIME_MAX];

	snprintf(count, sizeof(count), "%llu", (unsigned long long)a->count);
	table_add(table, (const char *const[]){a->kind, a->subject, count, output_time(a->first_at, first),
					       output_time(a->last_at, last), a->acked_by, a->text});
}

int command_alarms(struct otpctl *ctl)
{
	static const char *const headings[] = {"KIND", "SUBJECT", "COUNT", "FIRST", "LAST", "ACKED-BY", "TEXT"};
	static const struct listing listing = {headings, sizeof(headings) / sizeof(headings[0]), .add = add_alarm,
					       .none = "no alarms"};

	return listing_show(ctl, &wire_alarms, &(struct admin_user){0}, &wire_alarm, &listing);
}

int command_alarms_ack(struct otpctl *ctl)
{
	struct alarms_ack request = {0};
	struct done done;
	int status;

	if (!otpctl_copy(request.kind, sizeof(request.kind), ctl->arguments[0], "KIND"))
		return EXIT_USAGE;
	status = connection_once(ctl, &wire_alarms_ack, &request, NULL, NULL, NULL, &done);
	if (status == EXIT_OK)
		status = connection_result(ctl, "", &done);
	if (status == EXIT_OK && !ctl->options.json)
		printf("%s\n", done.reason[0] ? done.reason : "acknowledged");
	return status;
}
