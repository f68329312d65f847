#include "daemon/base/config_schema.h"

#include "daemon/base/config.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(s, member) .key = #member, .offset = offsetof(struct s, member)
#define STRING(s, member, value)                                                                                       \
	{                                                                                                              \
		AT(s, member), .kind = CONFIG_STRING, .text = value                                                    \
	}
#define PATH(s, member, value)                                                                                         \
	{                                                                                                              \
		AT(s, member), .kind = CONFIG_PATH, .text = value                                                      \
	}
#define SECRET(s, member, value)                                                                                       \
	{                                                                                                              \
		AT(s, member), .kind = CONFIG_SECRET, .text = value                                                    \
	}
#define LIST(s, member, of, value)                                                                                     \
	{                                                                                                              \
		AT(s, member), .kind = of, .text = value                                                               \
	}
#define INT(s, member, value, min, max)                                                                                \
	{                                                                                                              \
		AT(s, member), .kind = CONFIG_INT, .number = value, .least = min, .most = max                          \
	}
#define CHOICE(s, member, list)                                                                                        \
	{                                                                                                              \
		AT(s, member), .kind = CONFIG_CHOICE, .names = list                                                    \
	}
#define WORD(s, member, list, value)                                                                                   \
	{                                                                                                              \
		AT(s, member), .kind = CONFIG_WORD, .names = list, .text = value                                       \
	}
#define MONEY(s, member)                                                                                               \
	{                                                                                                              \
		AT(s, member), .kind = CONFIG_MONEY, .text = ""                                                        \
	}
#define RESERVED(name)                                                                                                 \
	{                                                                                                              \
		.key = name, .kind = CONFIG_RESERVED, .text = ""                                                       \
	}

static const char *const send_names[] = {"auto", "ask", NULL};
static const char *const unenrolled_names[] = {"deny", "ignore", NULL};
static const char *const first_factor_rules[] = {"any", "none", NULL};
static const char *const restricted_names[] = {"allow", "deny", NULL};
static const char *const on_delivered_names[] = {"cancel", "keep", NULL};
static const char *const order_names[] = {"fixed", "adaptive", NULL};
static const char *const receipts_names[] = {"none", "webhook", "poll", NULL};
static const char *const kind_names[] = {"", "whatsapp", "sms", "voice", "email", "telegram", "file", NULL};
static const char *const modes[] = {"sms", "otp", NULL};
static const char *const body_types[] = {"form", "json", "raw", NULL};
static const char *const methods[] = {"GET", "POST", "PUT", NULL};

#define RUN_DIR "/run/whatsapp-otp"

static const struct config_field core_fields[] = {
	PATH(config_core, state_dir, "/var/lib/whatsapp-otp"),
	SECRET(config_core, master_key, "credential:master-key"),
	PATH(config_core, login_socket, RUN_DIR "/login.sock"),
	PATH(config_core, admin_socket, RUN_DIR "/admin.sock"),
	PATH(config_core, sender_socket, RUN_DIR "/sender.sock"),
	PATH(config_core, webhook_socket, RUN_DIR "/webhook.sock"),
	STRING(config_core, hostname, ""),
	STRING(config_core, sender_user, "whatsapp-otp-sender"),
	STRING(config_core, webhook_user, "whatsapp-otp-webhook"),
	STRING(config_core, admin_group, "whatsapp-otp-admin"),
	STRING(config_core, audit_group, "whatsapp-otp-audit"),
	LIST(config_core, trusted_users, CONFIG_LIST, "{}"),
	INT(config_core, connections_per_uid, 8, 1, 1024),
	INT(config_core, connections, 256, 1, 8192),
};

/* Ceilings and defaults: THREATS.md 2.7; six digits are NIST SP 800-63B's floor, 600 s its longest life. */
static const struct config_field policy_fields[] = {
	LIST(config_policy, services, CONFIG_LIST, "{}"),
	LIST(config_policy, users, CONFIG_LIST, "{}"),
	LIST(config_policy, groups, CONFIG_LIST, "{}"),
	{AT(config_policy, exempt), .kind = CONFIG_BOOL},
	INT(config_policy, code_length, 6, 6, 10),
	INT(config_policy, ttl, 300, 30, 600),
	INT(config_policy, tries, 3, 1, 5),
	CHOICE(config_policy, send, send_names),
	CHOICE(config_policy, unenrolled, unenrolled_names),
	CHOICE(config_policy, first_factor, first_factor_rules),
	LIST(config_policy, channels, CONFIG_LIST, "{}"),
	CHOICE(config_policy, restricted, restricted_names),
	CHOICE(config_policy, on_delivered, on_delivered_names),
	RESERVED("grace"),
};

static const struct config_field route_fields[] = {
	LIST(config_route, countries, CONFIG_PREFIXES, "{}"),
	LIST(config_route, channels, CONFIG_LIST, "{}"),
	CHOICE(config_route, order, order_names),
	INT(config_route, fallback_after, 25, 1, 300),
	INT(config_route, fallback_least, 15, 1, 300),
	INT(config_route, fallback_most, 60, 1, 300),
};

static const struct config_field limits_fields[] = {
	LIST(config_limits, per_user, CONFIG_RATES, "{3/10min, 10/1h, 20/1d}"),
	LIST(config_limits, per_number, CONFIG_RATES, "{3/10min, 10/1h, 20/1d}"),
	LIST(config_limits, per_source, CONFIG_RATES, "{10/1h}"),
	LIST(config_limits, per_caller, CONFIG_RATES, "{1/60s, 5/1h}"),
	LIST(config_limits, global, CONFIG_RATES, "{200/200s}"),
	LIST(config_limits, source_exempt, CONFIG_BLOCKS, "{}"),
	LIST(config_limits, resend_cooldown, CONFIG_SECONDS, "{30, 60, 120, 900}"),
	INT(config_limits, sends_since_success, 5, 1, 100),
	INT(config_limits, lock_after, 10, 1, 10),
	INT(config_limits, lock_time, 1800, 60, 86400),
	INT(config_limits, lock_time_max, 86400, 60, 604800),
	INT(config_limits, disable_after, 100, 1, 100),
	INT(config_limits, not_requested_lock, 3600, 60, 604800),
	LIST(config_limits, countries, CONFIG_PREFIXES, "{}"),
	INT(config_limits, breaker_after, 5, 1, 1000),
	INT(config_limits, breaker_window, 300, 10, 86400),
	MONEY(config_limits, cost_per_hour),
	MONEY(config_limits, cost_per_day),
};

static const struct config_field channel_fields[] = {
	STRING(config_channel, driver, ""),
	{.key = "kind",
	 .offset = offsetof(struct config_channel, kind_name),
	 .kind = CONFIG_WORD,
	 .names = kind_names,
	 .text = ""},
	CHOICE(config_channel, receipts, receipts_names),
	MONEY(config_channel, cost),
	MONEY(config_channel, cost_per_hour),
	MONEY(config_channel, cost_per_day),
	STRING(config_channel, base_url, ""),
	PATH(config_channel, ca_file, ""),
	INT(config_channel, timeout, 10, 1, 60),
	SECRET(config_channel, token, ""),
	SECRET(config_channel, password, ""),
	STRING(config_channel, user, ""),
	STRING(config_channel, account, ""),
	STRING(config_channel, callback_url, ""),
	STRING(config_channel, phone_number_id, ""),
	STRING(config_channel, waba_id, ""),
	STRING(config_channel, api_version, ""),
	STRING(config_channel, template, ""),
	STRING(config_channel, language, "en_US"),
	LIST(config_channel, languages, CONFIG_LIST, "{}"),
	STRING(config_channel, messaging_service, ""),
	STRING(config_channel, content_sid, ""),
	WORD(config_channel, mode, modes, "sms"),
	STRING(config_channel, template_id, ""),
	STRING(config_channel, mail_from, ""),
	STRING(config_channel, bot_name, ""),
	STRING(config_channel, url, ""),
	WORD(config_channel, method, methods, "POST"),
	LIST(config_channel, headers, CONFIG_LIST, "{}"),
	SECRET(config_channel, secret, ""),
	WORD(config_channel, body_type, body_types, "form"),
	STRING(config_channel, body, ""),
	STRING(config_channel, sender, ""),
	INT(config_channel, success_status, 200, 200, 299),
	STRING(config_channel, success_pointer, ""),
	STRING(config_channel, success_value, ""),
	STRING(config_channel, id_pointer, ""),
	STRING(config_channel, error_pointer, ""),
	LIST(config_channel, errors, CONFIG_LIST, "{}"),
	STRING(config_channel, poll_url, ""),
	WORD(config_channel, poll_method, methods, "GET"),
	STRING(config_channel, poll_body, ""),
	STRING(config_channel, poll_pointer, ""),
	LIST(config_channel, poll_states, CONFIG_LIST, "{}"),
	PATH(config_channel, path, ""),
};

static const struct config_field text_fields[] = {
	STRING(config_text, sms, ""),
	STRING(config_text, subject, ""),
	STRING(config_text, email, ""),
	STRING(config_text, voice, ""),
};

#define HEARS(provider) STRING(config_webhook, path_##provider, ""), SECRET(config_webhook, provider##_secret, "")

static const struct config_field webhook_fields[] = {
	STRING(config_webhook, listen, ""),
	PATH(config_webhook, tls_cert, ""),
	SECRET(config_webhook, tls_key, ""),
	STRING(config_webhook, public_url, ""),
	STRING(config_webhook, path_meta, ""),
	SECRET(config_webhook, app_secret, ""),
	SECRET(config_webhook, verify_token, ""),
	HEARS(ycloud),
	HEARS(twilio),
	HEARS(vonage),
	HEARS(infobip),
	HEARS(unifonic),
	HEARS(telegram),
	HEARS(generic),
	INT(config_webhook, queue, 20000, 1000, 1000000),
};

static const struct config_field alarm_fields[] = {
	LIST(config_alarm, exec, CONFIG_LIST, "{}"),
};

#define ONE(title, s, member)                                                                                          \
	{                                                                                                              \
#title, title##_fields, COUNT(title##_fields), sizeof(struct s), offsetof(struct config, member), 0    \
	}
#define MANY(title, s, member, count)                                                                                  \
	{                                                                                                              \
#title, title##_fields, COUNT(title##_fields), sizeof(struct s), offsetof(struct config, member),      \
			offsetof(struct config, count)                                                                 \
	}

const struct config_section config_sections[] = {
	ONE(core, config_core, core),
	ONE(limits, config_limits, limits),
	MANY(policy, config_policy, policies, policy_count),
	MANY(route, config_route, routes, route_count),
	MANY(channel, config_channel, channels, channel_count),
	MANY(text, config_text, texts, text_count),
	ONE(webhook, config_webhook, webhook),
	ONE(alarm, config_alarm, alarm),
};
const size_t config_section_count = COUNT(config_sections);
