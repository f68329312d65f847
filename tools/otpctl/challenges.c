/* challenges: the logins that wait for a code. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"

static void add_to_table(void *userdata, const struct wire_message *message, const void *item)
{
	const struct challenge_item *c = item;
	char tries[24], sends[24], left[OUTPUT_TIME_MAX];

	(void)message;
	snprintf(tries, sizeof(tries), "%llu", (unsigned long long)c->tries);
	snprintf(sends, sizeof(sends), "%llu", (unsigned long long)c->sends);
	table_add(userdata, (const char *const[]){c->user, c->service, c->source, c->state, tries, sends,
						  output_duration(c->seconds_left, left)});
}

int command_challenges(struct otpctl *ctl)
{
	static const char *const headings[] = {"USER", "SERVICE", "SOURCE", "STATE", "TRIES", "SENDS", "LEFT"};
	const struct admin_user request = {0};
	struct table *table = ctl->options.json ? NULL : table_new(headings, sizeof(headings) / sizeof(headings[0]));
	struct done done;
	int status = connection_once(ctl, &wire_challenges, &request, &wire_challenge,
				     table ? add_to_table : connection_print_json, table, &done);

	if (table && status == EXIT_OK && done.result == RESULT_ALLOW)
		table_print(table, stdout);
	table_free(table);
	return status == EXIT_OK ? connection_end_of_list(ctl, "", &done) : status;
}
