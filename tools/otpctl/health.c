/* health: exit status 0 if everything is ok. */
#include "tools/otpctl/health.h"

#include "tools/otpctl/output.h"

#include <string.h>

#define PROBE_MS 30000

struct view {
	struct table *table; /* NULL: JSON */
	size_t items, bad;
};

static void on_item(void *userdata, const struct wire_message *message, const void *item)
{
	const struct health *h = item;
	struct view *view = userdata;

	view->items++;
	view->bad += strcmp(h->state, "ok") != 0;
	if (view->table)
		table_add(view->table, (const char *const[]){h->name, h->state, h->detail});
	else
		connection_print_json(NULL, message, item);
}

int health_ask(struct connection *connection, bool probe, connection_item each, void *userdata, struct done *ret)
{
	/* An empty state asks for a new one (wire/proto.h); any other is content with what is known. */
	struct health request = {0};

	if (probe)
		connection->timeout_ms = PROBE_MS;
	else
		snprintf(request.state, sizeof(request.state), "known");
	return connection_call(connection, &wire_health, &request, &wire_health, each, userdata, ret);
}

int command_health(struct otpctl *ctl)
{
	static const char *const headings[] = {"NAME", "STATE", "DETAIL"};
	struct connection connection = CONNECTION_CLOSED;
	struct view view = {0};
	struct done done;
	int status = connection_open(ctl, &connection);

	if (status != EXIT_OK)
		return status;
	if (!ctl->options.json)
		view.table = table_new(headings, sizeof(headings) / sizeof(headings[0]));
	status = health_ask(&connection, ctl->options.probe, on_item, &view, &done);
	connection_close(&connection);
	if (view.table && view.items > 0)
		table_print(view.table, stdout);
	table_free(view.table);
	if (status == EXIT_OK)
		status = connection_end_of_list(ctl, "", &done);
	return status == EXIT_OK && view.bad > 0 ? EXIT_REFUSED : status;
}
