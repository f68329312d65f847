/* alarms, alarms ack: what the core wants somebody to know. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"

#include <string.h>

struct view {
	struct table *table; /* NULL: JSON */
	size_t items;
};

static void on_alarm(void *userdata, const struct wire_message *message, const void *item)
{
	const struct alarm_item *a = item;
	struct view *view = userdata;
	char count[24], first[OUTPUT_TIME_MAX], last[OUTPUT_TIME_MAX];

	view->items++;
	if (!view->table) {
		connection_print_json(NULL, message, item);
		return;
	}
	snprintf(count, sizeof(count), "%llu", (unsigned long long)a->count);
	table_add(view->table, (const char *const[]){a->kind, a->subject, count, output_time(a->first_at, first),
						     output_time(a->last_at, last), a->acked_by, a->text});
}

int command_alarms(struct otpctl *ctl)
{
	static const char *const headings[] = {"KIND", "SUBJECT", "COUNT", "FIRST", "LAST", "ACKED-BY", "TEXT"};
	const struct admin_user request = {0};
	struct view view = {0};
	struct done done;
	int status;

	if (!ctl->options.json)
		view.table = table_new(headings, sizeof(headings) / sizeof(headings[0]));
	status = connection_once(ctl, &wire_alarms, &request, &wire_alarm, on_alarm, &view, &done);
	if (view.table && status == EXIT_OK && done.result == RESULT_ALLOW) {
		if (view.items > 0)
			table_print(view.table, stdout);
		else
			printf("no alarms\n");
	}
	table_free(view.table);
	return status == EXIT_OK ? connection_end_of_list(ctl, "", &done) : status;
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
