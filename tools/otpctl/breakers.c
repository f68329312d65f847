/* breakers, breakers close: what is skipped for a while after failures. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"

#include <string.h>

struct view {
	struct table *table; /* NULL: JSON */
	size_t items;
};

static void on_breaker(void *userdata, const struct wire_message *message, const void *item)
{
	const struct breaker_item *b = item;
	struct view *view = userdata;
	char opened[OUTPUT_TIME_MAX], left[OUTPUT_TIME_MAX];

	view->items++;
	if (!view->table) {
		connection_print_json(NULL, message, item);
		return;
	}
	table_add(view->table,
		  (const char *const[]){b->channel, breaker_names[b->scope], b->subject,
					output_time(b->opened_at, opened),
					b->seconds_left ? output_duration(b->seconds_left, left) : "until it works",
					b->code, b->detail});
}

int command_breakers(struct otpctl *ctl)
{
	static const char *const headings[] = {"CHANNEL", "SCOPE", "SUBJECT", "SINCE", "LEFT", "CODE", "DETAIL"};
	const struct admin_user request = {0};
	struct view view = {0};
	struct done done;
	int status;

	if (!ctl->options.json)
		view.table = table_new(headings, sizeof(headings) / sizeof(headings[0]));
	status = connection_once(ctl, &wire_breakers, &request, &wire_breaker, on_breaker, &view, &done);
	if (view.table && status == EXIT_OK && done.result == RESULT_ALLOW) {
		if (view.items > 0)
			table_print(view.table, stdout);
		else
			printf("no breaker is open\n");
	}
	table_free(view.table);
	return status == EXIT_OK ? connection_end_of_list(ctl, "", &done) : status;
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
