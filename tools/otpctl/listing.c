#include "tools/otpctl/listing.h"

struct view {
	const struct listing *listing;
	struct table *table;
	size_t rows;
};

static void add(void *userdata, const struct wire_message *message, const void *item)
{
	struct view *view = userdata;

	(void)message;
	view->rows++;
	view->listing->add(view->table, item);
}

static void print(const struct view *view)
{
	if (view->rows > 0 || !view->listing->none)
		table_print(view->table, stdout);
	else
		printf("%s\n", view->listing->none);
}

int listing_show(struct otpctl *ctl, const struct wire_message *message, const void *request,
		 const struct wire_message *item, const struct listing *listing)
{
	struct view view = {.listing = listing};
	connection_item each = add;
	struct done done;
	int status;

	if (ctl->options.json)
		each = listing->json ? listing->json : connection_print_json;
	else
		view.table = table_new(listing->headings, listing->columns);
	status = connection_once(ctl, message, request, item, each, &view, &done);
	if (view.table && status == EXIT_OK && done.result == RESULT_ALLOW)
		print(&view);
	table_free(view.table);
	return status == EXIT_OK ? connection_end_of_list(ctl, "", &done) : status;
}
