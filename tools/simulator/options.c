#include "tools/simulator/options.h"
#include "tools/simulator/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "whatsapp-otp-simulator"
#define DEFAULT_LISTEN "127.0.0.1:8443"
#define DELAY_MAX_MS 600000UL

static const char *const default_templates[] = {"login_code"};
static const char *const default_languages[] = {"en_US", "ar", "id", "it", "ru", "es", "pt_BR", "hi"};

static const char help[] =
	"Usage: " PROGRAM " [OPTION]...\n"
	"A phone and its providers on loopback: a strict WhatsApp Cloud API, an SMS gateway, and a web page that\n"
	"shows what arrives.\n"
	"\n"
	"  --listen ADDRESS:PORT   a loopback address [" DEFAULT_LISTEN "]; port 0: any free one\n"
	"  --plain                 HTTP instead of HTTPS\n"
	"  --ca-out FILE           write the certificate of this run, for the ca_file of a channel\n"
	"  --token-file FILE       the access token that is accepted [simulator-token]\n"
	"  --sms-key-file FILE     the X-Key that is accepted at /sms [simulator-key]\n"
	"  --template NAME         a template that exists, repeatable [login_code]\n"
	"  --language CODE         a language it exists in, repeatable [en_US ar id it ru es pt_BR hi]\n"
	"  --phone-number-id ID    the sender's number [106540352242922]\n"
	"  --waba-id ID            the account that the number belongs to [102290129340398]\n"
	"  --template-pending MS   a template that is created is approved after this [2000]\n"
	"  --delay MS              wait before each answer to a message\n"
	"  --fail [PROVIDER:]SUFFIX=WHAT[:HTTP]\n"
	"                          numbers that end with SUFFIX fail, repeatable. PROVIDER: whatsapp [default], sms,\n"
	"                          ycloud twilio vonage infobip unifonic authentica telegram_gateway telegram_bot\n"
	"                          kannel getgabs. WHAT: an error code (HTTP: its status), or paused held noid html\n"
	"                          truncated reset hang silent http500 http429 redirect\n"
	"  --receipts [PROVIDER=]URL\n"
	"                          tell what became of messages there, on this host, repeatable [meta]\n"
	"  --receipt-delay MS      between accepted, sent, delivered and read [50]\n"
	"  --receipt-ca FILE       who signed the certificate of that URL\n"
	"  --receipt [PROVIDER:]SUFFIX=WHAT[:MS]\n"
	"                          what becomes of messages to such numbers, repeatable. WHAT: an error code that "
	"they\n"
	"                          fail with, or silent delivered-only read-only duplicate disorder\n"
	"                          delivered-then-failed wrong-signature replay batch:N\n"
	"  --app-secret-file FILE  what receipts of Meta are signed with [simulator-app-secret]\n"
	"  --ycloud-secret-file FILE\n"
	"                          the same of YCloud [simulator-ycloud-secret]\n"
	"  --help, --version\n"
	"\n"
	"Example: " PROGRAM " --ca-out ca.pem --fail 0001=131026 --fail 0002=silent --fail sms:0003=500\n"
	"         " PROGRAM " --receipts http://127.0.0.1:8480/meta --receipt 0004=131026:200\n";

static int complain(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int complain(int error, const char *format, ...)
{
	va_list args;

	fputs(PROGRAM ": ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return error;
}

static int parse_plain(const char *text, struct options *ret)
{
	(void)text;
	ret->plain = true;
	return 0;
}

static int parse_ca_out(const char *text, struct options *ret)
{
	ret->ca_out = text;
	return 0;
}

static int parse_token_file(const char *text, struct options *ret)
{
	ret->token_file = text;
	return 0;
}

static int parse_sms_key_file(const char *text, struct options *ret)
{
	ret->sms_key_file = text;
	return 0;
}

static int parse_help(const char *text, struct options *ret)
{
	(void)text;
	(void)ret;
	fputs(help, stdout);
	return 1;
}

static int parse_version(const char *text, struct options *ret)
{
	(void)text;
	(void)ret;
	puts(PROGRAM " " PACKAGE_VERSION);
	return 1;
}

static int parse_number(const char *text, unsigned long max, unsigned long *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoul(text, &end, 10);
	return *end || errno || *ret > max ? -EINVAL : 0;
}

static int set_v4(const char *host, unsigned long port, struct options *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&ret->address;

	*in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 && ntohl(in->sin_addr.s_addr) >> 24 == 127 ? 0 : -EINVAL;
}

static int set_v6(const char *host, unsigned long port, struct options *ret)
{
	struct sockaddr_in6 *in = (struct sockaddr_in6 *)&ret->address;

	*in = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	return inet_pton(AF_INET6, host, &in->sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) ? 0 : -EINVAL;
}

static int parse_listen(const char *text, struct options *ret)
{
	const char *colon = strrchr(text, ':');
	unsigned long port;
	size_t n;

	if (!colon || parse_number(colon + 1, 65535, &port) < 0)
		return complain(-EINVAL, "--listen %s: wants ADDRESS:PORT, for example " DEFAULT_LISTEN ".", text);
	ret->listen = text;
	n = (size_t)(colon - text);
	if (n > 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		n -= 2;
	}
	if (n == 9 && strncmp(text, "localhost", n) == 0)
		snprintf(ret->host, sizeof(ret->host), "127.0.0.1");
	else
		snprintf(ret->host, sizeof(ret->host), "%.*s", (int)n, text);
	if (set_v4(ret->host, port, ret) == 0 || set_v6(ret->host, port, ret) == 0)
		return 0;
	return complain(-EINVAL,
			"--listen %s: is no loopback address. The simulator shows every code to whoever asks, so it "
			"listens on 127.0.0.1 or [::1] only.",
			ret->host);
}

static int add_name(const char *option, const char *text, const char **names, size_t *n)
{
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	if (length == 0 || text[length])
		return complain(-EINVAL, "--%s %s: wants letters, digits and underscores.", option, text);
	if (*n == OPTIONS_NAMES_MAX)
		return complain(-EINVAL, "--%s %s: is one too many, there are %d already.", option, text,
				OPTIONS_NAMES_MAX);
	names[(*n)++] = text;
	return 0;
}

static int parse_template(const char *text, struct options *ret)
{
	return add_name("template", text, ret->templates, &ret->templates_n);
}

static int parse_language(const char *text, struct options *ret)
{
	return add_name("language", text, ret->languages, &ret->languages_n);
}

static int parse_id(const char *option, const char *text, const char **ret)
{
	if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 32)
		return complain(-EINVAL, "--%s %s: wants at most 32 digits.", option, text);
	*ret = text;
	return 0;
}

static int parse_phone_number_id(const char *text, struct options *ret)
{
	return parse_id("phone-number-id", text, &ret->phone_number_id);
}

static int parse_waba_id(const char *text, struct options *ret)
{
	return parse_id("waba-id", text, &ret->waba_id);
}

static int parse_ms(const char *option, const char *text, unsigned *ret)
{
	unsigned long ms;

	if (parse_number(text, DELAY_MAX_MS, &ms) < 0)
		return complain(-EINVAL, "--%s %s: wants milliseconds, at most %lu.", option, text, DELAY_MAX_MS);
	*ret = (unsigned)ms;
	return 0;
}

static int parse_delay(const char *text, struct options *ret)
{
	return parse_ms("delay", text, &ret->delay_ms);
}

static int parse_receipt_delay(const char *text, struct options *ret)
{
	return parse_ms("receipt-delay", text, &ret->receipt_delay_ms);
}

static int parse_template_pending(const char *text, struct options *ret)
{
	return parse_ms("template-pending", text, &ret->template_pending_ms);
}

static int parse_app_secret_file(const char *text, struct options *ret)
{
	ret->app_secret_file = text;
	return 0;
}

static int parse_ycloud_secret_file(const char *text, struct options *ret)
{
	ret->ycloud_secret_file = text;
	return 0;
}

static int parse_receipt_ca(const char *text, struct options *ret)
{
	ret->receipt_ca = text;
	return 0;
}

/* "URL" is Meta's, "ycloud=URL" another's. */
static int parse_receipts(const char *text, struct options *ret)
{
	enum provider provider = PROVIDER_META;
	const char *url = text;

	for (int p = 0; p < PROVIDERS; p++) {
		size_t n = strlen(provider_names[p]);

		if (strncmp(text, provider_names[p], n) == 0 && text[n] == '=') {
			provider = (enum provider)p;
			url = text + n + 1;
		}
	}
	if (!text_is_local_url(url))
		return complain(-EINVAL,
				"--receipts %s: wants an http or https URL on a loopback address: the simulator speaks "
				"to nobody else.",
				text);
	ret->receipts[provider] = url;
	return 0;
}

static int parse_receipt(const char *text, struct options *ret)
{
	const char *error;

	if (ret->receipt_rules_n == RECEIPT_RULES_MAX)
		return complain(-EINVAL, "--receipt %s: is one too many, there are %d already.", text,
				RECEIPT_RULES_MAX);
	error = receipt_rule_parse(text, &ret->receipt_rules[ret->receipt_rules_n]);
	if (error)
		return complain(-EINVAL, "--receipt %s: %s.", text, error);
	ret->receipt_rules_n++;
	return 0;
}

static int parse_fail(const char *text, struct options *ret)
{
	const char *error;

	if (ret->faults_n == FAULTS_MAX)
		return complain(-EINVAL, "--fail %s: is one too many, there are %d already.", text, FAULTS_MAX);
	error = fault_parse(text, &ret->faults[ret->faults_n]);
	if (error)
		return complain(-EINVAL, "--fail %s: %s.", text, error);
	ret->faults_n++;
	return 0;
}

static const struct row {
	const char *name;
	int has_value;
	int (*parse)(const char *text, struct options *ret);
} rows[] = {
	{"listen", required_argument, parse_listen},
	{"plain", no_argument, parse_plain},
	{"ca-out", required_argument, parse_ca_out},
	{"token-file", required_argument, parse_token_file},
	{"sms-key-file", required_argument, parse_sms_key_file},
	{"template", required_argument, parse_template},
	{"language", required_argument, parse_language},
	{"phone-number-id", required_argument, parse_phone_number_id},
	{"waba-id", required_argument, parse_waba_id},
	{"template-pending", required_argument, parse_template_pending},
	{"receipts", required_argument, parse_receipts},
	{"receipt-delay", required_argument, parse_receipt_delay},
	{"receipt-ca", required_argument, parse_receipt_ca},
	{"receipt", required_argument, parse_receipt},
	{"app-secret-file", required_argument, parse_app_secret_file},
	{"ycloud-secret-file", required_argument, parse_ycloud_secret_file},
	{"delay", required_argument, parse_delay},
	{"fail", required_argument, parse_fail},
	{"help", no_argument, parse_help},
	{"version", no_argument, parse_version},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* One line, without its newline. */
static int read_secret(const char *option, const char *path, char secret[static OPTIONS_SECRET_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return complain(-errno, "--%s %s: cannot be opened: %s.", option, path, strerror(errno));
	n = read(fd, secret, OPTIONS_SECRET_MAX);
	close(fd);
	if (n < 0)
		return complain(-EIO, "--%s %s: cannot be read: %s.", option, path, strerror(errno));
	if (n > 0 && secret[n - 1] == '\n')
		n--;
	if (n == 0 || n >= OPTIONS_SECRET_MAX || memchr(secret, '\n', (size_t)n) || memchr(secret, '\0', (size_t)n))
		return complain(-EBADMSG, "--%s %s: wants one line of 1 to %d bytes.", option, path,
				OPTIONS_SECRET_MAX - 1);
	secret[n] = '\0';
	return 0;
}

static void default_names(const char **names, size_t *n, const char *const *defaults, size_t size)
{
	if (*n > 0)
		return;
	memcpy(names, defaults, size);
	*n = size / sizeof(defaults[0]);
}

static int options_finish(struct options *ret)
{
	int r = 0;

	default_names(ret->templates, &ret->templates_n, default_templates, sizeof(default_templates));
	default_names(ret->languages, &ret->languages_n, default_languages, sizeof(default_languages));
	if (ret->plain && ret->ca_out)
		return complain(-EINVAL, "--ca-out %s: there is no certificate with --plain; drop one of the two.",
				ret->ca_out);
	if (ret->token_file)
		r = read_secret("token-file", ret->token_file, ret->token);
	if (r == 0 && ret->sms_key_file)
		r = read_secret("sms-key-file", ret->sms_key_file, ret->sms_key);
	if (r == 0 && ret->app_secret_file)
		r = read_secret("app-secret-file", ret->app_secret_file, ret->app_secret);
	if (r == 0 && ret->ycloud_secret_file)
		r = read_secret("ycloud-secret-file", ret->ycloud_secret_file, ret->ycloud_secret);
	return r;
}

int options_parse(int argc, char *argv[], struct options *ret)
{
	struct option table[ROWS + 1] = {0};
	int i, r;

	for (size_t k = 0; k < ROWS; k++)
		table[k] = (struct option){.name = rows[k].name, .has_arg = rows[k].has_value};
	*ret = (struct options){
		.phone_number_id = "106540352242922",
		.waba_id = OPTIONS_WABA_ID,
		.token = "simulator-token",
		.sms_key = "simulator-key",
		.app_secret = "simulator-app-secret",
		.ycloud_secret = "simulator-ycloud-secret",
		.receipt_delay_ms = 50,
		.template_pending_ms = 2000,
	};
	parse_listen(DEFAULT_LISTEN, ret);
	for (;;) {
		int c = getopt_long(argc, argv, "+:", table, &i);

		if (c == -1)
			break;
		if (c != 0)
			return complain(-EINVAL, "%s: %s; see --help.", argv[optind - 1],
					c == ':' ? "wants a value" : "is no option or takes no value");
		r = rows[i].parse(optarg, ret);
		if (r != 0)
			return r;
	}
	if (optind < argc)
		return complain(-EINVAL, "%s: is no option; see --help.", argv[optind]);
	return options_finish(ret);
}
