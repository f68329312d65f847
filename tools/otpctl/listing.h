/* A list that the core sends: a table, or with --json one object a line. */
#pragma once

#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"

struct listing {
	const char *const *headings;
	size_t columns;
	void (*add)(struct table *table, const void *item);
	connection_item json; /* NULL: each object as the protocol has it */
	const char *none;     /* printed in place of a table without rows; NULL: its headings are */
};

/* Sends the request, prints what comes, and returns how the command ends. */
int listing_show(struct otpctl *ctl, const struct wire_message *message, const void *request,
		 const struct wire_message *item, const struct listing *listing);
