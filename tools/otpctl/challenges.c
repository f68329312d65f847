/* challenges: the logins that wait for a code. */
#include "tools/otpctl/listing.h"

static void add_challenge(struct table *table, const void *item)
{
	const struct challenge_item *c = item;
	char tries[24], sends[24], left[OUTPUT_TIME_MAX];

	snprintf(tries, sizeof(tries), "%llu", (unsigned long long)c->tries);
	snprintf(sends, sizeof(sends), "%llu", (unsigned long long)c->sends);
	table_add(table, (const char *const[]){c->user, c->service, c->source, c->state, tries, sends,
					       output_duration(c->seconds_left, left)});
}

int command_challenges(struct otpctl *ctl)
{
	static const char *const headings[] = {"USER", "SERVICE", "SOURCE", "STATE", "TRIES", "SENDS", "LEFT"};
	static const struct listing listing = {headings, sizeof(headings) / sizeof(headings[0]), .add = add_challenge};

	return listing_show(ctl, &wire_challenges, &(struct admin_user){0}, &wire_challenge, &listing);
}
