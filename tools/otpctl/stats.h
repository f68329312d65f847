/* stats: how the counts are shown. */
#pragma once

#include "tools/otpctl/stats_list.h"

/* stats --html: writes the page, or prints an error and returns an exit_status. */
int stats_page(struct otpctl *ctl, uint64_t since, uint64_t now);
/* For people: a table, with bars on a terminal. */
void stats_print(const struct stat_list *list, const struct stat_item *total, uint64_t since);
