/*
 * whatsapp-otp.conf(5) as one immutable value. Every program reads the same files and so finds the same errors; each
 * resolves only the secrets that it uses. A reload builds a new config beside the old and swaps one pointer; whoever
 * works on a job holds a reference meanwhile.
 */
#pragma once

#include "daemon/base/driver.h"
#include "daemon/base/phone.h"
#include "daemon/base/texts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_WHY_MAX 512
#define CONFIG_DEFAULT_FILE "/etc/whatsapp-otp/whatsapp-otp.conf"

/* A string list ends with NULL. Strings are never NULL: empty where not set. Durations in the file are seconds. */
struct config_core {
	char *state_dir, *master_key;
	char *login_socket, *admin_socket, *sender_socket, *webhook_socket;
	char *hostname;     /* in prompts and texts; empty: the host's */
	char *sender_user;  /* who may connect to sender_socket besides root and the core's own user */
	char *webhook_user; /* the same for webhook_socket */
	char *admin_group, *audit_group;
	char **trusted_users;                     /* unprivileged callers that may name any user (gdm …) */
	int64_t connections_per_uid, connections; /* for callers other than root */
};

enum send_when { SEND_AUTO, SEND_ASK };
enum unenrolled { UNENROLLED_DENY, UNENROLLED_IGNORE };
enum first_factor_rule { FIRST_FACTOR_ANY, FIRST_FACTOR_NOT_NEEDED }; /* what a remote login must have proven */
enum restricted_rule { RESTRICTED_ALLOW, RESTRICTED_DENY };           /* SMS, voice, e-mail: driver.h */
enum on_delivered { DELIVERED_CANCEL, DELIVERED_KEEP };               /* the planned fallback */

struct config_policy {
	char *name;
	char **services, **users, **groups; /* empty: all */
	bool exempt;
	int64_t code_length, ttl, tries;
	int send, unenrolled, first_factor;
	char **channels; /* only these may carry its codes; empty: all of the route */
	int restricted, on_delivered;
};

enum route_order { ORDER_FIXED, ORDER_ADAPTIVE };

struct config_route {
	char *name;
	char **countries; /* E.164 prefixes; empty: all */
	char **channels;  /* names, in order */
	int order;
	int64_t fallback_after, fallback_least, fallback_most; /* the bounds are for ORDER_ADAPTIVE */
};

/* "0.0145 USD"; zero where not set. All of a config is of one currency. */
struct config_money {
	int64_t micro; /* millionths */
	char currency[4];
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
	int64_t not_requested_lock;            /* after a user said that they did not ask for a code */
	char **countries;                      /* only numbers that begin so get messages; empty: all enrolled */
	int64_t breaker_after, breaker_window; /* "often": so many failures within so many seconds */
	struct config_money cost_per_hour, cost_per_day; /* of all channels; zero: no cap */
};

enum receipts { RECEIPTS_NONE, RECEIPTS_WEBHOOK, RECEIPTS_POLL };

/* The options of all drivers; each driver's open() says which it needs. man/whatsapp-otp.conf.5 says what they mean. */
struct config_channel {
	char *name, *driver;
	char *kind_name;        /* kind = …, empty: the driver's */
	enum channel_kind kind; /* of the section, else of its driver */
	int receipts;
	struct config_money cost;                        /* of one message */
	struct config_money cost_per_hour, cost_per_day; /* zero: no cap of its own */
	char *base_url, *ca_file;
	int64_t timeout;    /* for one request, seconds */
	char *token;        /* the API's token, key or secret: a secret's reference */
	char *password;     /* smtp, unifonic: a secret's reference */
	char *user;         /* who the password or the token belongs to */
	char *account;      /* twilio: Account SID; vonage: API key; unifonic: AppSid */
	char *callback_url; /* where the provider is to send receipts, if that is said with each message */
	char *phone_number_id, *waba_id, *api_version, *template, *language;
	char **languages;                      /* in which the template was approved; empty: any */
	char *messaging_service, *content_sid; /* twilio */
	char *mode, *template_id;              /* authentica */
	char *mail_from;                       /* smtp */
	char *bot_name;                        /* telegram_bot */
	char *url, *method, **headers, *secret, *body_type, *body, *sender; /* http */
	int64_t success_status;
	char *success_pointer, *success_value, *id_pointer;
	char *error_pointer;                      /* http: where the code of an error stands */
	char **errors;                            /* http: "CODE=undeliverable|transient|config" */
	char *poll_url, *poll_method, *poll_body; /* http: how to ask what became of a message */
	char *poll_pointer;
	char **poll_states; /* "WORD=sent|delivered|read|failed" */
	char *path;         /* file, modem */
	const char *file;   /* where the section stands, for errors */
	int line;
};

/* What free texts say, in one language: {code} {host} {service} {address} {minutes}; voice: {digits}, apart. */
struct config_text {
	char *language;
	char *sms, *subject, *email, *voice; /* empty: as where there is no section */
	const char *file;                    /* where the section stands, for errors */
	int line;
};

/* Each provider has a path, empty for those that nobody hears, and the secret that its requests prove. */
struct config_webhook {
	char *listen;             /* "127.0.0.1:8480", "[::]:443"; empty: the webhook has nothing to do */
	char *tls_cert, *tls_key; /* PEM; the key is a secret's reference; both empty: plain HTTP, on loopback only */
	char *public_url;         /* what providers call; twilio signs it */
	char *path_meta, *app_secret, *verify_token;
	char *path_ycloud, *ycloud_secret;
	char *path_twilio, *twilio_secret;
	char *path_vonage, *vonage_secret;
	char *path_infobip, *infobip_secret;
	char *path_unifonic, *unifonic_secret;
	char *path_telegram, *telegram_secret;
	char *path_generic, *generic_secret;
	int64_t queue; /* receipts that may wait for the core */
	const char *file;
	int line;
};

struct config_alarm {
	char **exec; /* a program and its arguments, started for an alarm; empty: none */
};

struct config {
	unsigned references;
	struct config_core core;
	struct config_limits limits;
	struct config_webhook webhook;
	struct config_alarm alarm;
	char currency[4];               /* of all money; empty: there is none */
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
/* May anything be sent to the number, by limits { countries }? */
bool config_has_country(const struct config *config, const struct phone *to);
/* The route with the longest matching prefix. Never NULL. */
const struct config_route *config_route(const struct config *config, const struct phone *to);
/*
 * The text for a language: of the exact one, its base ("ar" for "ar_SA"), each first of the config and then built in;
 * then the same for "en". Never NULL. ret_language: which one that is, as long as the config lives; NULL: nobody asks.
 */
const char *config_text(const struct config *config, enum text_kind kind, const char *language,
			const char **ret_language);

/* A group that a policy names and this host does not have, with the policy's name; NULL if all are there. */
const char *config_missing_group(const struct config *config, const char **ret_policy);

/* "10min", "1h", "90" (seconds), "1d". Returns seconds or -EINVAL. */
int64_t config_duration(const char *text);
/* "0.0145 USD": at most six digits behind the point. 0 or -EINVAL. */
int config_money(const char *text, struct config_money *ret);
/* "3/10min". 0 or -EINVAL. */
int config_rate(const char *text, struct config_rate *ret);
