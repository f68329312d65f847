/* number status, register, pin, request-code, verify-code: the telephone number that codes come from. */
#include "tools/otpctl/meta.h"
#include "tools/otpctl/meta_commands.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/register_log.h"
#include "tools/otpctl/secret_word.h"

#include <string.h>
#include <time.h>

#define FIELDS                                                                                                         \
	"display_phone_number,verified_name,quality_rating,code_verification_status,name_status,throughput,status,"    \
	"platform_type,whatsapp_business_manager_messaging_limit"
#define DIGITS "0123456789"
#define PIN_DIGITS 6
#define CODE_LEAST 4
#define CODE_MOST 8

/* status */

static const struct {
	const char *key, *pointer, *label;
} rows[] = {
	{"number", "/display_phone_number", "number"},
	{"name", "/verified_name", "name"},
	{"name_status", "/name_status", "name status"},
	{"status", "/status", "status"},
	{"quality", "/quality_rating", "quality"},
	{"throughput", "/throughput/level", "throughput"},
	{"messaging_limit", "/whatsapp_business_manager_messaging_limit", "messaging tier"},
	{"code_verification", "/code_verification_status", "code verification"},
	{"platform", "/platform_type", "platform"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_status(const struct otpctl *ctl, const char *id, const json_t *root)
{
	json_t *object = json_pack("{s:s}", "phone_number_id", id);
	char text[GRAPH_TEXT_MAX];

	for (size_t i = 0; i < ROWS; i++) {
		(void)json_object_set_new(object, rows[i].key, json_string(graph_text(root, rows[i].pointer, text)));
		if (!ctl->options.json)
			printf("%s: %s\n", rows[i].label, text[0] ? text : "-");
	}
	if (ctl->options.json)
		output_json(object);
	else
		json_decref(object);
}

int command_number_status(struct otpctl *ctl)
{
	struct graph_answer answer = {0};
	struct meta meta;
	int status = meta_open(ctl, &meta);

	if (status == EXIT_OK) {
		status = graph_call(meta.graph, "GET", NULL, GRAPH_PLAIN, &answer, "%s?fields=" FIELDS,
				    meta.channel->phone_number_id);
		if (status == EXIT_OK)
			print_status(ctl, meta.channel->phone_number_id, answer.root);
		else
			(void)meta_refused(&meta, &answer, NULL);
	}
	graph_answer_clear(&answer);
	meta_close(&meta);
	return status;
}

/* The four that change something. */

static const char *advice_for(long long code)
{
	static const struct {
		long long code;
		const char *advice;
	} rows_of_advice[] = {
		{100, "look at the number in WhatsApp Manager"},
		{133005,
		 "do not guess: each wrong PIN brings the number closer to a block; reset it in WhatsApp Manager, "
		 "Two-step verification"},
		{133006, "whatsapp-otpctl number request-code, then number verify-code"},
		{133008, "stop: wait until Meta lifts the block (WhatsApp Manager says when), then use the right PIN"},
		{133009, "stop: wait a few minutes before the next PIN"},
		{133010, "whatsapp-otpctl number register"},
		{133015, "wait five minutes"},
		{133016, "stop: Meta takes no more attempts for 72 hours"},
		{136024, "wait an hour before the next code"},
	};

	for (size_t i = 0; i < sizeof(rows_of_advice) / sizeof(rows_of_advice[0]); i++)
		if (rows_of_advice[i].code == code)
			return rows_of_advice[i].advice;
	return NULL;
}

/* Takes body. Meta's {"success": true} is the only success. */
static int change(const struct meta *meta, const char *edge, json_t *body, long long *ret_code)
{
	struct graph_answer answer;
	int status = graph_call(meta->graph, "POST", body, GRAPH_SECRET, &answer, "%s%s",
				meta->channel->phone_number_id, edge);

	*ret_code = answer.code;
	if (status == EXIT_OK && !json_is_true(json_object_get(answer.root, "success"))) {
		output_error("%s: Meta did not say that it was done; look at whatsapp-otpctl number status",
			     meta->ctl->command);
		status = EXIT_REFUSED;
	} else if (status != EXIT_OK) {
		(void)meta_refused(meta, &answer, advice_for(answer.code));
	}
	graph_answer_clear(&answer);
	return status;
}

static int tell(const struct meta *meta, const char *what)
{
	if (meta->ctl->options.json)
		output_json(json_pack("{s:s, s:s, s:b}", "op", meta->ctl->command, "phone_number_id",
				      meta->channel->phone_number_id, "done", 1));
	else
		printf("%s\n", what);
	return EXIT_OK;
}

static int change_and_tell(const struct meta *meta, const char *edge, json_t *body, const char *what)
{
	long long code;
	int status = change(meta, edge, body, &code);

	return status == EXIT_OK ? tell(meta, what) : status;
}

static int ask_pin(const struct otpctl *ctl, char pin[static PIN_DIGITS + 1])
{
	static const struct secret_word_terms terms = {
		.prompt = "Six-digit PIN of two-step verification: ",
		.option = "--pin-file",
		.what = "the PIN",
		.chars = DIGITS,
		.least = PIN_DIGITS,
		.most = PIN_DIGITS,
	};

	return secret_word_read(ctl->command, ctl->options.pin_file, &terms, pin, PIN_DIGITS + 1);
}

static int too_often(const struct register_log *log)
{
	char when[OUTPUT_TIME_MAX];

	output_error(
		"number register: %zu attempt%s within 72 hours%s; Meta takes ten and then none for 72 hours: the next "
		"one is free at %s, --yes tries all the same",
		log->attempts, log->attempts == 1 ? "" : "s", log->refused_by_meta ? ", and Meta has refused one" : "",
		output_time((uint64_t)log->free_at, when));
	return EXIT_REFUSED;
}

/* A number that is connected gains nothing by an attempt, and Meta counts it. */
static int refuse_if_connected(const struct meta *meta)
{
	struct graph_answer answer;
	char state[GRAPH_TEXT_MAX];
	int status = graph_call(meta->graph, "GET", NULL, GRAPH_PLAIN, &answer, "%s?fields=status",
				meta->channel->phone_number_id);

	if (status != EXIT_OK) {
		(void)meta_refused(meta, &answer, "no attempt was made");
	} else if (strcmp(graph_text(answer.root, "/status", state), "CONNECTED") == 0) {
		output_error("number register: the number is registered already (CONNECTED); no attempt was made, "
			     "--yes makes one all the same");
		status = EXIT_REFUSED;
	}
	graph_answer_clear(&answer);
	return status;
}

static int attempt(const struct meta *meta, struct register_log *log, const char *pin)
{
	long long code;
	int r = register_log_add(log, time(NULL)), status;
	char what[160];

	if (r < 0) {
		output_error("%s: the attempt cannot be written down: %s; Meta counts them, so none was made",
			     log->path, strerror(-r));
		return EXIT_REFUSED;
	}
	status = change(meta, "/register", json_pack("{s:s, s:s}", "messaging_product", "whatsapp", "pin", pin), &code);
	r = register_log_end(log, status == EXIT_OK ? 0 : code);
	if (r < 0)
		output_warning("%s: what became of the attempt cannot be written down: %s", log->path, strerror(-r));
	if (status != EXIT_OK)
		return status;
	snprintf(what, sizeof(what), "registered for the Cloud API; attempt %zu within 72 hours, Meta allows 10",
		 log->attempts);
	return tell(meta, what);
}

int command_number_register(struct otpctl *ctl)
{
	struct register_log log = {0};
	char pin[PIN_DIGITS + 1] = "";
	struct meta meta;
	int status = meta_open(ctl, &meta);

	if (status == EXIT_OK &&
	    register_log_open(meta.config->core.state_dir, meta.channel->phone_number_id, time(NULL), &log) < 0) {
		output_error("number register: state_dir is too long a name");
		status = EXIT_USAGE;
	}
	if (status == EXIT_OK && log.free_at > 0 && !ctl->options.yes)
		status = too_often(&log);
	if (status == EXIT_OK && !ctl->options.yes)
		status = refuse_if_connected(&meta);
	if (status == EXIT_OK)
		status = ask_pin(ctl, pin);
	if (status == EXIT_OK)
		status = attempt(&meta, &log, pin);
	explicit_bzero(pin, sizeof(pin));
	register_log_close(&log);
	meta_close(&meta);
	return status;
}

int command_number_pin(struct otpctl *ctl)
{
	char pin[PIN_DIGITS + 1] = "";
	struct meta meta;
	int status = meta_open(ctl, &meta);

	if (status == EXIT_OK)
		status = ask_pin(ctl, pin);
	if (status == EXIT_OK)
		status = change_and_tell(&meta, "", json_pack("{s:s}", "pin", pin),
					 "the PIN is set; keep it in a safe place, number register asks for it");
	explicit_bzero(pin, sizeof(pin));
	meta_close(&meta);
	return status;
}

int command_number_request_code(struct otpctl *ctl)
{
	const char *method = ctl->options.method, *language = ctl->options.language;
	struct meta meta;
	int status;

	if (!method || (strcmp(method, "SMS") != 0 && strcmp(method, "VOICE") != 0)) {
		output_error("number request-code: wants --method SMS or --method VOICE");
		return EXIT_USAGE;
	}
	status = meta_open(ctl, &meta);
	if (status == EXIT_OK) {
		json_t *body = json_pack("{s:s, s:s}", "code_method", method, "language",
					 language ? language : meta.channel->language);

		status = change_and_tell(&meta, "/request_code", body,
					 "a code is on its way to the number: whatsapp-otpctl number verify-code");
	}
	meta_close(&meta);
	return status;
}

int command_number_verify_code(struct otpctl *ctl)
{
	static const struct secret_word_terms terms = {
		.prompt = "Code that the number received: ",
		.what = "the code",
		.chars = DIGITS,
		.ignored = "- ",
		.least = CODE_LEAST,
		.most = CODE_MOST,
	};
	char code[CODE_MOST + 1] = "";
	struct meta meta;
	int status = meta_open(ctl, &meta);

	if (status == EXIT_OK)
		status = secret_word_read(ctl->command, "-", &terms, code, sizeof(code));
	if (status == EXIT_OK)
		status = change_and_tell(&meta, "/verify_code", json_pack("{s:s}", "code", code),
					 "verified; next: whatsapp-otpctl number register");
	explicit_bzero(code, sizeof(code));
	meta_close(&meta);
	return status;
}
