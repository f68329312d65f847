/* daemon/base/config: what a file may say, and the sentence that its author reads when it may not. */
#include "daemon/base/config.h"
#include "tests/unit/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "whatsapp-otp.conf"
#define TOKEN "EAAGm0PX4ZCpsBAKZC"

static struct folder folder;
static char why[CONFIG_WHY_MAX];

static int set_up(void **state)
{
	char path[128];

	(void)state;
	folder_make(&folder);
	snprintf(path, sizeof(path), "%s/conf.d", folder.path);
	return mkdir(path, 0755);
}

static int tear_down(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static int load_file(const char *path, struct config **ret)
{
	int r = config_load(path, ret, why);

	/* Either a config and no complaint, or none and a sentence. */
	assert_true(r == 0 ? *ret && !why[0] : !*ret && why[0]);
	return r;
}

static struct config *loaded(const char *text)
{
	struct config *config;

	if (load_file(folder_write(&folder, FILE_NAME, text, 0644), &config) < 0)
		fail_msg("%s", why);
	return config;
}

static void expect_refusal(const char *path, const char *part)
{
	struct config *config;

	if (load_file(path, &config) == 0)
		fail_msg("accepted, but should have said: %s", part);
	if (!strstr(why, part) || !strstr(why, folder.path) || strstr(why, TOKEN))
		fail_msg("\"%s\" is not in \"%s\"", part, why);
}

/* Each is told with the file's name and the line. */
static const struct {
	const char *text, *part;
} refusals[] = {
	{"core { state_dir = \"var/lib\" }", FILE_NAME ":1: state_dir: \"var/lib\" is not an absolute path"},
	{"\n\ncore {\n  login_socket = \"x\"\n}", FILE_NAME ":4: login_socket: \"x\" is not an absolute path"},
	{"# one\n// two\n/* three\n */ core { # four\n  login_socket = \"x\"\n}", FILE_NAME ":5: login_socket"},
	{"channel \"\" { driver = file }", "channel: its title is empty"},
	{"channel \"0123456789012345678901234567890123456789012345678901234567890123\" { driver = file }",
	 "longer than 63 bytes"},
	{"channel \"auto\" { driver = file }", "that word means no preference"},
	{"core { connections = 0 }", ":1: connections: 0 is not between 1 and 8192"},
	{"core { connections = 8193 }", "8193 is not between"},
	{"core { connections_per_uid = -1 }", "-1 is not between 1 and 1024"},
	{"core { connections = many }", ":1: invalid integer value for option 'connections'"},
	{"core { connections = 9999999999999999999999 }", ":1: "},
	{"core { master_key = \"" TOKEN "\" }", ":1: master_key: a secret is named as credential:NAME or file:/PATH"},
	{"channel \"w\" {\n driver = whatsapp_cloud\n token = \"" TOKEN "\"\n}", ":3: token: a secret is named"},
	{"channel \"w\" { driver = http secret = " TOKEN " }", ":1: secret: a secret is named"},
	{"channel \"w\" { driver = http secret = \"file:" TOKEN "\" }", "secret: file: wants an absolute path"},
	{"channel \"w\" { driver = http secret = \"credential:\" }", "secret: credential: wants a plain name"},
	{"channel \"w\" { driver = http method = BREW }", "method: \"BREW\" is not one of the words"},
	{"channel \"w\" { driver = http body_type = xml }", "body_type: \"xml\" is not one of the words"},
	{"channel \"w\" { driver = http success_status = 404 }", "success_status: 404 is not between 200 and 299"},
	{"channel \"w\" { driver = http timeout = 61 }", "timeout: 61 is not between 1 and 60"},
	{"channel \"w\" { driver = file path = log }", "path: \"log\" is not an absolute path"},
	{"channel \"w\" { driver = http ca_file = \"ca.pem\" }", "ca_file: \"ca.pem\" is not an absolute path"},
	{"\nchannel \"w\" { url = \"https://x\" }", ":2: channel \"w\": driver is missing"},
	{"policy \"p\" { code_length = 5 }", "code_length: 5 is not between 6 and 10"},
	{"policy \"p\" { code_length = 11 }", "code_length: 11 is not between 6 and 10"},
	{"policy \"p\" { ttl = 29 }", "ttl: 29 is not between 30 and 600"},
	{"policy \"p\" { ttl = 601 }", "ttl: 601 is not between 30 and 600"},
	{"policy \"p\" { tries = 0 }", "tries: 0 is not between 1 and 5"},
	{"policy \"p\" { tries = 6 }", "tries: 6 is not between 1 and 5"},
	{"policy \"p\" { send = always }", "send: \"always\" is not one of the words"},
	{"policy \"p\" { unenrolled = allow }", "unenrolled: \"allow\" is not one of the words"},
	{"policy \"p\" { first_factor = maybe }", "first_factor: \"maybe\" is not one of the words"},
	{"policy \"p\" { exempt = perhaps }", ":1: invalid boolean value for option 'exempt'"},
	{"policy { ttl = 60 }", ":1: "},
	{"policy \"p\" { }\npolicy \"p\" { }", ":2: found duplicate title 'p'"},
	{"limits { lock_after = 11 }", "lock_after: 11 is not between 1 and 10"},
	{"limits { disable_after = 101 }", "disable_after: 101 is not between 1 and 100"},
	{"limits { lock_time = 59 }", "lock_time: 59 is not between"},
	{"limits { lock_time = 7200 lock_time_max = 3600 }", ":1: limits: lock_time is longer than lock_time_max"},
	{"limits { sends_since_success = 0 }", "sends_since_success: 0 is not between"},
	{"limits { per_user = {\"3\"} }", "per_user: \"3\" is not a rate such as \"3/10min\""},
	{"limits { per_user = {\"0/1h\"} }", "per_user: \"0/1h\" is not a rate"},
	{"limits { per_user = {\"3/10min\", \"x/1h\"} }", "per_user: \"x/1h\" is not a rate"},
	{"limits { per_user = {\"x/1h\", \"3/10min\"} }", "per_user: \"x/1h\" is not a rate"},
	{"limits { per_user = {1/1h,2/1h,3/1h,4/1h,5/1h} }", "per_user: at most 4 values"},
	{"limits { global = {} global = {\"9/1week\"} }", "global: \"9/1week\" is not a rate"},
	{"limits { resend_cooldown = {} }", ":1: limits: resend_cooldown is empty"},
	{"limits { resend_cooldown = {0} }", FILE_NAME ":1: resend_cooldown: \"0\" is not a number of seconds"},
	{"limits { resend_cooldown = {30, soon} }", "resend_cooldown: \"soon\" is not a number of seconds"},
	{"limits { resend_cooldown = {soon, 30} }", "resend_cooldown: \"soon\" is not a number of seconds"},
	{"limits { resend_cooldown = {1,2,3,4,5,6,7,8,9} }", "resend_cooldown: at most 8 values"},
	{"limits { source_exempt = {\"10.0.0.0/33\"} }", "source_exempt: \"10.0.0.0/33\" is not an address block"},
	{"limits { source_exempt = {\"bastion\", \"10.0.0.0/8\"} }", "source_exempt: \"bastion\" is not"},
	{"route \"r\" { channels = {} }", ":1: route \"r\": channels is empty"},
	{"route \"r\" { channels = {\"w\"} }", ":1: route \"r\": there is no channel \"w\""},
	{"route \"r\" { countries = {\"966\"} }", "countries: \"966\" is not a number's beginning"},
	{"route \"r\" { countries = {\"+0\"} }", "countries: \"+0\" is not"},
	{"route \"r\" { countries = {\"+966 5\"} }", "countries: \"+966 5\" is not"},
	{"route \"r\" { countries = {\"\"} }", "countries: \"\" is not"},
	{"route \"r\" { countries = {\"+1234567890123456\"} }", "is not a number's beginning"},
	{"route \"r\" { fallback_after = 0 }", "fallback_after: 0 is not between"},
	{"core { colour = red }", ":1: no such option 'colour'"},
	{"colour = red", ":1: no such option 'colour'"},
	{"\n\nsuspenders { }", ":3: no such option 'suspenders'"},
	{"core {", ":1: the file ends inside a section, a string or a comment"},
	{"core {\n hostname = \"web1\"\n", ":3: the file ends inside a section"},
	{"core { hostname = \"web1 }", "the file ends inside"},
	{"core { hostname = 'web1 }", "the file ends inside"},
	{"core { }\n/* and then", ":2: the file ends inside"},
	{"core { } }", ":1: the file ends inside"},
	{"core { } # {\ncore {", "the file ends inside"},
	{"core { hostname }", ":1: "},
	{"core { hostname = }", ":1: "},
	{"core { hostname = {a, b} }", ":1: "},
	{"}{", ":1: "},
	{"\"", "the file ends inside"},
};

static void every_mistake_is_told_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++)
		expect_refusal(folder_write(&folder, FILE_NAME, refusals[i].text, 0644), refusals[i].part);
}

static void only_a_file_that_others_cannot_change_is_read(void **state)
{
	char path[128];

	(void)state;
	expect_refusal(folder_write(&folder, FILE_NAME, "", 0646), "can be written by others: chmod go-w");
	expect_refusal(folder_write(&folder, FILE_NAME, "", 0664), "can be written by others: chmod go-w");
	snprintf(path, sizeof(path), "%s/absent.conf", folder.path);
	expect_refusal(path, "absent.conf: No such file");
	expect_refusal(folder.path, "is not a regular file");

	snprintf(path, sizeof(path), "%s/link.conf", folder.path);
	assert_int_equal(symlink(folder_write(&folder, FILE_NAME, "", 0644), path), 0);
	expect_refusal(path, "link.conf: is a symbolic link");
	if (chown(folder_write(&folder, FILE_NAME, "", 0644), 12345, 0) == 0) {
		snprintf(path, sizeof(path), "%s/" FILE_NAME, folder.path);
		expect_refusal(path, "belongs to another user");
	}
}

static void a_file_is_text_of_a_sane_size(void **state)
{
	static const char with_nul[] = "core { hostname = \"web1\" }\n\0policy \"p\" { exempt = true }";
	const char *path = folder_write(&folder, FILE_NAME, "", 0644);
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	assert_int_equal(fwrite(with_nul, 1, sizeof(with_nul), file), sizeof(with_nul));
	assert_int_equal(fclose(file), 0);
	expect_refusal(path, "holds a NUL byte");
	assert_int_equal(truncate(path, 1024 * 1024 + 1), 0);
	expect_refusal(path, "is larger than 1 MiB");
}

static void an_empty_file_means_the_defaults(void **state)
{
	struct config *config = loaded("");

	(void)state;
	assert_string_equal(config->core.state_dir, "/var/lib/whatsapp-otp");
	assert_string_equal(config->core.master_key, "credential:master-key");
	assert_string_equal(config->core.hostname, "");
	assert_int_equal(config->core.connections, 256);
	assert_null(config->core.trusted_users[0]);
	assert_int_equal(config->limits.per_user.count, 3);
	assert_int_equal(config->limits.per_user.rate[1].count, 10);
	assert_int_equal(config->limits.per_user.rate[1].period, 3600);
	assert_int_equal(config->limits.resend_cooldown_count, 4);
	assert_int_equal(config->limits.resend_cooldown[3], 900);
	assert_int_equal(config->policy_count, 1);
	assert_string_equal(config->policies[0].name, "default");
	assert_int_equal(config->policies[0].ttl, 300);
	assert_int_equal(config->policies[0].tries, 3);
	assert_int_equal(config->policies[0].code_length, 6);
	assert_int_equal(config->policies[0].unenrolled, UNENROLLED_DENY);
	assert_false(config->policies[0].exempt);
	assert_int_equal(config->route_count, 1);
	assert_string_equal(config->routes[0].name, "default");
	assert_int_equal(config->routes[0].fallback_after, 25);
	assert_null(config->routes[0].channels[0]);
	assert_null(config->warnings[0]);
	config_unref(config);
}

static void every_value_arrives(void **state)
{
	struct config *config =
		loaded("core { hostname = 'web1' trusted_users = {gdm, \"lightdm\"} connections = 9 }\n"
		       "limits { per_source = {\"5/1h\", \"9/1d\"} resend_cooldown = {10, 2min}\n"
		       "  source_exempt = {\"10.0.0.0/8\", \"2001:db8::/32\"} lock_time = 60 }\n"
		       "channel \"sms\" { driver = http method = PUT body_type = json\n"
		       "  headers = {\"X-Key: {secret}\", 'A: b'} body = '{\"to\":\"{to}\"}' secret = 'file:/k' }\n"
		       "policy \"sudo\" { services = {sudo, sudo-i} users = {alice} groups = {ops} ttl = 120\n"
		       "  send = ask unenrolled = ignore first_factor = none exempt = yes tries = 5 }\n");
	const struct config_policy *policy = config_policy(config, "sudo");
	const struct config_channel *sms = config_channel(config, "sms");

	(void)state;
	assert_string_equal(config->core.hostname, "web1");
	assert_string_equal(config->core.trusted_users[1], "lightdm");
	assert_null(config->core.trusted_users[2]);
	assert_int_equal(config->core.connections, 9);
	assert_int_equal(config->limits.per_source.count, 2);
	assert_int_equal(config->limits.per_source.rate[1].count, 9);
	assert_int_equal(config->limits.per_source.rate[1].period, 86400);
	assert_int_equal(config->limits.resend_cooldown_count, 2);
	assert_int_equal(config->limits.resend_cooldown[1], 120);
	assert_string_equal(config->limits.source_exempt[1], "2001:db8::/32");
	assert_int_equal(config->limits.lock_time, 60);
	assert_string_equal(sms->method, "PUT");
	assert_string_equal(sms->headers[0], "X-Key: {secret}");
	assert_string_equal(sms->body, "{\"to\":\"{to}\"}");
	assert_int_equal(sms->line > 0, 1);
	assert_non_null(strstr(sms->file, FILE_NAME));
	assert_string_equal(policy->services[1], "sudo-i");
	assert_string_equal(policy->users[0], "alice");
	assert_string_equal(policy->groups[0], "ops");
	assert_int_equal(policy->ttl, 120);
	assert_int_equal(policy->tries, 5);
	assert_int_equal(policy->send, SEND_ASK);
	assert_int_equal(policy->unenrolled, UNENROLLED_IGNORE);
	assert_int_equal(policy->first_factor, FIRST_FACTOR_NOT_NEEDED);
	assert_true(policy->exempt);
	assert_null(config_policy(config, "absent"));
	assert_null(config_channel(config, "absent"));
	config_unref(config);
}

static void default_is_always_there_and_always_last(void **state)
{
	struct config *config = loaded("channel \"w\" { driver = file }\nchannel \"s\" { driver = http }\n"
				       "policy \"default\" { ttl = 60 }\npolicy \"a\" {}\npolicy \"b\" {}\n"
				       "route \"default\" { channels = {s} }\nroute \"sa\" { channels = {w} }");

	(void)state;
	assert_int_equal(config->policy_count, 3);
	assert_string_equal(config->policies[0].name, "a");
	assert_string_equal(config->policies[1].name, "b");
	assert_string_equal(config->policies[2].name, "default");
	assert_int_equal(config->policies[2].ttl, 60);
	assert_int_equal(config->policies[0].ttl, 300);
	assert_string_equal(config->routes[1].name, "default");
	assert_string_equal(config->routes[1].channels[0], "s");
	config_unref(config);

	config = loaded("channel \"w\" { driver = file }\nchannel \"s\" { driver = http }\npolicy \"a\" {}\n");
	assert_int_equal(config->policy_count, 2);
	assert_string_equal(config->policies[1].name, "default");
	assert_string_equal(config->routes[0].channels[0], "w");
	assert_string_equal(config->routes[0].channels[1], "s");
	assert_null(config->routes[0].channels[2]);
	config_unref(config);
}

static void the_longest_prefix_is_the_route(void **state)
{
	static const struct {
		struct phone phone;
		const char *route;
	} rows[] = {{{"+966512345634"}, "mobile"},
		    {{"+966112345634"}, "sa"},
		    {{"+97150123456"}, "gulf"},
		    {{"+12025550123"}, "mobile"},
		    {{"+12025550199"}, "gulf"},
		    {{"+4915112345678"}, "default"},
		    {{""}, "default"}};
	struct config *config =
		loaded("channel \"w\" { driver = file }\n"
		       "route \"default\" { channels = {w} }\n"
		       "route \"sa\" { channels = {w} countries = {\"+966\"} }\n"
		       "route \"mobile\" { channels = {w} countries = {\"+1\", \"+9665\"} }\n"
		       "route \"gulf\" { channels = {w} countries = {\"+971\", \"+96\", \"+12025550199\"} }\n");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(config_route(config, &rows[i].phone)->name, rows[i].route);
	config_unref(config);
}

static void the_text_of_an_sms_is_found_by_language(void **state)
{
	static const struct {
		const char *language, *text, *found;
	} rows[] = {{"ar", "arabic", "ar"},     {"ar_SA", "arabic", "ar"}, {"pt_BR", "brazil", "pt_BR"},
		    {"en_GB", "english", "en"}, {"", "english", "en"},     {"xx", "english", "en"},
		    {"a", "english", "en"}};
	struct config *config = loaded("text \"en\" { sms = english }\ntext \"ar\" { sms = arabic }\n"
				       "text \"pt_BR\" { sms = brazil }\ntext \"fr\" { }\n");
	const char *found;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_string_equal(config_text(config, TEXT_SMS, rows[i].language, &found), rows[i].text);
		assert_string_equal(found, rows[i].found);
		assert_string_equal(config_text(config, TEXT_SMS, rows[i].language, NULL), rows[i].text);
	}
	/* A language can have a text of one kind and not of the other. */
	assert_non_null(strstr(config_text(config, TEXT_VOICE, "pt_BR", &found), "{digits}"));
	assert_string_equal(found, "pt");
	config_unref(config);
	config = loaded("text \"en\" { sms = english }\n");
	/* What is built in for a language comes before the config's English. */
	assert_non_null(strstr(config_text(config, TEXT_SMS, "it", &found), "codice"));
	assert_string_equal(found, "it");
	assert_string_equal(config_text(config, TEXT_SMS, "xx", NULL), "english");
	assert_non_null(strstr(config_text(config, TEXT_EMAIL, "xx", &found), "{code}"));
	assert_string_equal(found, "en");
	config_unref(config);
}

static void a_key_without_effect_warns(void **state)
{
	struct config *config = loaded("policy \"p\" { grace = 300 }\n");

	(void)state;
	assert_non_null(strstr(config->warnings[0], "policy { grace }: has no effect in this version"));
	assert_null(config->warnings[1]);
	for (char **warning = config->warnings; *warning; warning++)
		assert_non_null(strstr(*warning, FILE_NAME ":"));
	config_unref(config);
}

static void what_never_counts_warns(void **state)
{
	static const struct {
		const char *text, *warning;
	} rows[] = {
		{"channel \"w\" { driver = file cost_per_day = \"1 USD\" }\n", "a cap without cost never counts"},
		{"channel \"w\" { driver = file }\nlimits { cost_per_hour = \"1 USD\" }\n", "no channel has a cost"},
		{"channel \"w\" { driver = whatsapp_cloud receipts = webhook }\n", "webhook { listen } is not set"},
		{"channel \"w\" { driver = vonage }\npolicy \"p\" { restricted = deny }\n",
		 "leaves no channel of route \"default\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *config = loaded(rows[i].text);

		assert_non_null(config->warnings[0]);
		assert_non_null(strstr(config->warnings[0], rows[i].warning));
		assert_null(config->warnings[1]);
		config_unref(config);
	}
}

static void conf_d_is_read_in_the_order_of_names(void **state)
{
	struct config *config;

	(void)state;
	folder_write(&folder, "conf.d/20-b.conf", "policy \"b\" { }\ncore { hostname = second }", 0644);
	folder_write(&folder, "conf.d/10-a.conf", "policy \"a\" { }\ncore { hostname = first connections = 7 }", 0644);
	folder_write(&folder, "conf.d/30-c.conf~", "nonsense", 0644);
	folder_write(&folder, "conf.d/.hidden.conf", "nonsense", 0644);
	folder_write(&folder, "conf.d/README", "nonsense", 0644);
	config = loaded("policy \"main\" { }\ncore { state_dir = \"/srv/otp\" hostname = main }");
	assert_int_equal(config->policy_count, 4);
	assert_string_equal(config->policies[0].name, "main");
	assert_string_equal(config->policies[1].name, "a");
	assert_string_equal(config->policies[2].name, "b");
	/* A later file changes the keys that it names and leaves the others alone. */
	assert_string_equal(config->core.hostname, "second");
	assert_int_equal(config->core.connections, 7);
	assert_string_equal(config->core.state_dir, "/srv/otp");
	config_unref(config);

	folder_write(&folder, "conf.d/20-b.conf", "\npolicy \"b\" { ttl = 1 }", 0644);
	expect_refusal(folder_write(&folder, FILE_NAME, "", 0644), "conf.d/20-b.conf:2: ttl: 1 is not between");
	folder_write(&folder, "conf.d/20-b.conf", "policy \"a\" { }", 0644);
	expect_refusal(folder_write(&folder, FILE_NAME, "", 0644), "conf.d/20-b.conf:1: found duplicate title 'a'");
	folder_write(&folder, "conf.d/20-b.conf", "core {", 0644);
	expect_refusal(folder_write(&folder, FILE_NAME, "", 0644), "conf.d/20-b.conf:1: the file ends inside");
	folder_write(&folder, "conf.d/20-b.conf", "\nlimits { resend_cooldown = {} }", 0644);
	expect_refusal(folder_write(&folder, FILE_NAME, "limits { lock_after = 9 }", 0644),
		       "conf.d/20-b.conf:2: limits: resend_cooldown is empty");
	folder_write(&folder, "conf.d/20-b.conf", "", 0644);
	expect_refusal(folder_write(&folder, FILE_NAME, "limits { resend_cooldown = {} }", 0644),
		       FILE_NAME ":1: limits: resend_cooldown is empty");
	folder_write(&folder, "conf.d/20-b.conf", "", 0666);
	expect_refusal(folder_write(&folder, FILE_NAME, "", 0644), "conf.d/20-b.conf: can be written by others");
}

static void durations_and_rates(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {{"90", 90},           {"90s", 90},
		    {"10min", 600},       {"2h", 7200},
		    {"1d", 86400},        {"0", -EINVAL},
		    {"-1", -EINVAL},      {"", -EINVAL},
		    {"1w", -EINVAL},      {"10 min", -EINVAL},
		    {" 1", -EINVAL},      {"1.5h", -EINVAL},
		    {"1000001", -EINVAL}, {"99999999999999999999", -EINVAL},
		    {"min", -EINVAL}};
	static const char *const no_rates[] = {"",    "3",    "3/",    "/1h",   "0/1h",       "-1/1h",
					       "3/0", "3/-1", "3 /1h", "3//1h", "1000001/1h", "3/1h/1d"};
	struct config_rate rate;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (config_duration(rows[i].text) != rows[i].seconds)
			fail_msg("\"%s\"", rows[i].text);
	for (size_t i = 0; i < COUNT(no_rates); i++)
		if (config_rate(no_rates[i], &rate) != -EINVAL)
			fail_msg("\"%s\"", no_rates[i]);
	assert_int_equal(config_rate("3/10min", &rate), 0);
	assert_int_equal(rate.count, 3);
	assert_int_equal(rate.period, 600);
}

static void who_holds_a_reference_keeps_it(void **state)
{
	struct config *config = loaded("core { hostname = web1 }"), *mine = config_ref(config);

	(void)state;
	config_unref(config);
	assert_string_equal(mine->core.hostname, "web1");
	config_unref(mine);
	config_unref(NULL);
}

/* A file that was cut at any byte, or has one byte wrong, is refused or a config: it neither crashes nor leaks. */
static void a_damaged_file_harms_nobody(void **state)
{
	static const char whole[] = "core { hostname = \"web1\" trusted_users = {gdm} }\n"
				    "channel \"sms\" { driver = http headers = {\"a\", 'b'} } /* c */\n"
				    "route \"r\" { channels = {\"sms\"} countries = {\"+966\"} } # x\n"
				    "policy \"p\" { ttl = 60 exempt = no }\n";
	static const char bytes[] = "{}\"'\\=,#/*$ \n\xff";
	char text[sizeof(whole)];
	struct config *config;

	(void)state;
	for (size_t i = 0; i < sizeof(whole) - 1; i++)
		for (size_t k = 0; k < sizeof(bytes); k++) {
			memcpy(text, whole, sizeof(whole));
			text[i] = bytes[k];
			load_file(folder_write(&folder, FILE_NAME, text, 0644), &config);
			config_unref(config);
		}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_mistake_is_told_at_its_place),
		TEST(only_a_file_that_others_cannot_change_is_read),
		TEST(a_file_is_text_of_a_sane_size),
		TEST(an_empty_file_means_the_defaults),
		TEST(every_value_arrives),
		TEST(default_is_always_there_and_always_last),
		TEST(the_longest_prefix_is_the_route),
		TEST(the_text_of_an_sms_is_found_by_language),
		TEST(a_key_without_effect_warns),
		TEST(what_never_counts_warns),
		TEST(conf_d_is_read_in_the_order_of_names),
		TEST(durations_and_rates),
		TEST(who_holds_a_reference_keeps_it),
		TEST(a_damaged_file_harms_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
