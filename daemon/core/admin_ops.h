/* The ops of admin.c's table that stand in files of their own, by what they are about. */
#pragma once

#include "daemon/core/admin.h"

/* admin_report.c */
int admin_alarms(struct admin *admin);
int admin_alarms_ack(struct admin *admin);
int admin_stats(struct admin *admin);
int admin_health(struct admin *admin);

/* admin_route.c */
int admin_breakers(struct admin *admin);
int admin_breaker_close(struct admin *admin);
int admin_route_explain(struct admin *admin);
int admin_address(struct admin *admin);
int admin_link_begin(struct admin *admin);

/* admin.c: 1 with the enrolment, 0 with the refusal in the reply, -errno. */
int admin_find_user(const struct admin *admin, const char *user, struct enrolment *ret);
