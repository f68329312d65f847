/*
 * whatsapp-otp.conf(5) as one immutable value. Every program reads the same files and so finds the same errors; each
 * resolves only the secrets that it uses. A reload builds a new config beside the old and swaps one pointer; whoever
 * works on a job holds a reference meanwhile.
 */
#pragma once

#include "daemon/base/phone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_WHY_MAX 512
#define CONFIG_DEFAULT_FILE "/etc/whatsapp-otp/whatsapp-otp.conf"

/* A string list ends with NULL. Strings are never NULL: empty where not set. Durations in the file are seconds. */
struct config_core {
	char *state_dir, *master_key;
	char *login_socket, *admin_socket, *sender_socket;
	char *hostname;    /* in prompts and texts; empty: the host's */
	char *sender_user; /* who may connect to sender_socket besides root and the core's own user */
	char *admin_group, *audit_group;
	char **trusted_users;                     /* unprivileged callers that may name any user (gdm …) */
	int64_t connections_per_uid, connections; /* for callers other than root */
};

enum send_when { SEND_AUTO, SEND_ASK };
enum unenrolled { UNENROLLED_DENY, UNENROLLED_IGNORE };
enum first_factor_rule { FIRST_FACTOR_ANY, FIRST_FACTOR_NOT_NEEDED }; /* what a remote login must have proven */

struct config_policy {
	char *name;
	char **services, **users, **groups; /* empty: all */
	bool exempt;
	int64_t code_length, ttl, tries;
	int send, unenrolled, first_factor;
};

struct config_route {
	char *name;
	char **countries; /* E.164 prefixes; empty: all */
	char **channels;  /* names, in order */
	int64_t fallback_after;
};

/* "3/10min": at most count in period seconds. */
struct config_rate {
	int64_t count, period;
};

#define CONFIG_RATES_MAX 4
struct config_rates {
	struct config_rate rate[CONFIG_RATES_MAX];
	size_t count;
};

#define CONFIG_COOLDOWN_MAX 8
struct config_limits {
	struct config_rates per_user, per_number, per_source, per_caller, global;
	char **source_exempt;                         /* CIDR blocks that per_source does not count */
	int64_t resend_cooldown[CONFIG_COOLDOWN_MAX]; /* before the 1st, 2nd … resend; the last one stays */
	size_t resend_cooldown_count;
	int64_t sends_since_success;
	int64_t lock_after, lock_time, lock_time_max, disable_after;
};

/* The options of all drivers; each driver's open() says which it needs. */
struct config_channel {
	char *name, *driver;
	char *base_url, *ca_file;
	int64_t timeout; /* for one request, seconds */
	char *token;     /* whatsapp_cloud: a secret's reference */
	char *phone_number_id, *api_version, *template, *language;
	char *url, *method, **headers, *secret, *body_type, *body, *sender; /* http */
	int64_t success_status;
	char *success_pointer, *success_value, *id_pointer;
	char *path;       /* file */
	const char *file; /* where the section stands, for errors */
	int line;
};

struct config_text {
	char *language;
	char *sms;        /* {code} {host} {service} {address} {minutes} */
	const char *file; /* where the section stands, for errors */
	int line;
};

struct config {
	unsigned references;
	struct config_core core;
	struct config_limits limits;
	struct config_policy *policies; /* in the file's order, "default" last */
	size_t policy_count;
	struct config_route *routes; /* "default" last */
	size_t route_count;
	struct config_channel *channels;
	size_t channel_count;
	struct config_text *texts;
	size_t text_count;
	char **warnings; /* "file:line: …", ends with NULL */
	void *tree;      /* what the strings point into */
};

/*
 * Reads path and then the *.conf files of conf.d beside it, in the order of their names. Returns 0 with one reference,
 * or -errno with "file:line: what is wrong" in why.
 */
int config_load(const char *path, struct config **ret, char why[static CONFIG_WHY_MAX]);
struct config *config_ref(struct config *config);
void config_unref(struct config *config);

const struct config_channel *config_channel(const struct config *config, const char *name);
const struct config_policy *config_policy(const struct config *config, const char *name);
/* The route with the longest matching prefix. Never NULL. */
const struct config_route *config_route(const struct config *config, const struct phone *to);
/* The text for a language: the exact one, its base ("ar" for "ar_SA"), "en", the built-in one. Never NULL. */
const char *config_sms_text(const struct config *config, const char *language);

/* A group that a policy names and this host does not have, with the policy's name; NULL if all are there. */
const char *config_missing_group(const struct config *config, const char **ret_policy);

/* "10min", "1h", "90" (seconds), "1d". Returns seconds or -EINVAL. */
int64_t config_duration(const char *text);
/* "3/10min". 0 or -EINVAL. */
int config_rate(const char *text, struct config_rate *ret);
