/* route explain: which channels a user's codes would take, in which order and why. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"

struct view {
	bool json;
	unsigned steps; /* those that are used */
	struct table *table;
};

static void on_step(void *userdata, const struct wire_message *message, const void *item)
{
	const struct route_step *step = item;
	struct view *view = userdata;
	char place[24] = "-", after[24] = "-";

	if (view->json) {
		connection_print_json(NULL, message, item);
		return;
	}
	if (step->used) {
		snprintf(place, sizeof(place), "%u", ++view->steps);
		if (step->after_seconds == 0)
			snprintf(after, sizeof(after), "at once");
		else
			snprintf(after, sizeof(after), "%llu s", (unsigned long long)step->after_seconds);
	}
	table_add(view->table,
		  (const char *const[]){place, step->channel, step->used ? after : "skipped", step->reason});
}

int command_route_explain(struct otpctl *ctl)
{
	static const char *const headings[] = {"STEP", "CHANNEL", "AFTER", "WHY"};
	struct view view = {.json = ctl->options.json};
	struct route_explain request = {0};
	struct done done;
	int status;

	if (!otpctl_copy(request.user, sizeof(request.user), ctl->arguments[0], "USER") ||
	    !otpctl_copy(request.service, sizeof(request.service), ctl->options.service, "--service"))
		return EXIT_USAGE;
	view.table = table_new(headings, sizeof(headings) / sizeof(headings[0]));
	status = connection_once(ctl, &wire_route_explain, &request, &wire_route_step, on_step, &view, &done);
	if (status == EXIT_OK && done.result == RESULT_ALLOW && !view.json) {
		table_print(view.table, stdout);
		if (done.reason[0])
			printf("\n%s\n", done.reason);
	}
	table_free(view.table);
	return status == EXIT_OK ? connection_end_of_list(ctl, request.user, &done) : status;
}
