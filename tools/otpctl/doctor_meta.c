/* Each channel of Meta: its token, number, templates, receipts, and what Meta itself says about their health. */
#include "tools/otpctl/doctor.h"
#include "tools/otpctl/meta.h"
#include "tools/otpctl/meta_history.h"
#include "tools/otpctl/meta_subscription.h"
#include "tools/otpctl/meta_templates.h"
#include "tools/otpctl/meta_versions.h"
#include "tools/otpctl/output.h"

#include "daemon/sender/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY 86400
#define TOKEN_DAYS 14
#define NUMBER_FIELDS "health_status,status,quality_rating,whatsapp_business_manager_messaging_limit,throughput"

struct visit {
	struct doctor *doctor;
	struct meta meta;
	const struct config_channel *channel;
	char name[80]; /* in front of its lines: "meta whatsapp" */
	bool away;     /* Meta cannot be reached: no use in asking more */
};

static enum verdict verdict_of(const char *word, const char *const *good, const char *const *middling)
{
	for (; *good; good++)
		if (strcmp(*good, word) == 0)
			return VERDICT_OK;
	for (; *middling; middling++)
		if (strcmp(*middling, word) == 0)
			return VERDICT_WARN;
	return VERDICT_FAIL;
}

static void report_refused(struct visit *v, enum verdict verdict, const char *what, const struct graph_answer *answer)
{
	v->away = answer->status == EXIT_UNREACHABLE;
	doctor_report(v->doctor, v->away ? VERDICT_FAIL : verdict, v->name, v->away ? "look at the network" : NULL,
		      "%s: %s", what, answer->why);
}

static void check_version(struct visit *v)
{
	static const struct {
		enum verdict verdict;
		const char *what, *advice;
	} rows[] = {
		[META_VERSION_UNKNOWN] = {VERDICT_OK, "is not in this program's list", NULL},
		[META_VERSION_OPEN] = {VERDICT_OK, "has no end yet", NULL},
		[META_VERSION_LIVES] = {VERDICT_OK, "ends on", NULL},
		[META_VERSION_ENDS] = {VERDICT_WARN, "ends on", "set api_version = \"" META_VERSION_DEFAULT "\""},
		[META_VERSION_ENDED] = {VERDICT_FAIL, "ended on", "set api_version = \"" META_VERSION_DEFAULT "\""},
	};
	const char *version = v->channel->api_version;
	char when[OUTPUT_TIME_MAX] = "";
	int64_t end;
	enum meta_version state = meta_version(version, time(NULL), &end);

	if (end)
		output_time((uint64_t)end, when);
	doctor_report(v->doctor, rows[state].verdict, v->name, rows[state].advice, "api_version %s %s%s%.10s", version,
		      rows[state].what, end ? " " : "", when);
}

/* The token. */

static bool has_scope(const json_t *data, const char *scope)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(data, "scopes"), i,
			   one) if (json_is_string(one) && strcmp(json_string_value(one), scope) == 0) return true;
	return false;
}

static void check_expiry(struct visit *v, const json_t *data)
{
	int64_t end = json_integer_value(json_object_get(data, "expires_at"));
	int64_t days = (end - (int64_t)time(NULL)) / DAY;
	static const char advice[] = "make a new one, of a system user, that never expires";

	if (!json_is_true(json_object_get(data, "is_valid")))
		doctor_report(v->doctor, VERDICT_FAIL, v->name, advice, "token: Meta says that it is not valid");
	else if (end == 0)
		doctor_report(v->doctor, VERDICT_OK, v->name, NULL, "token: never expires");
	else
		doctor_report(v->doctor,
			      days < 1            ? VERDICT_FAIL
			      : days < TOKEN_DAYS ? VERDICT_WARN
						  : VERDICT_OK,
			      v->name, days < TOKEN_DAYS ? advice : NULL, "token: expires in %lld day%s",
			      (long long)days, days == 1 ? "" : "s");
}

static void check_token(struct visit *v)
{
	struct graph_answer answer;
	char *token = graph_encode_token(v->meta.graph);
	const json_t *data;

	(void)graph_call(v->meta.graph, "GET", NULL, GRAPH_SECRET, &answer, "debug_token?input_token=%s",
			 token ? token : "");
	memory_free(token);
	data = json_object_get(answer.root, "data");
	if (answer.status == EXIT_UNREACHABLE || answer.code == 0 || answer.code == 190) {
		report_refused(v, VERDICT_FAIL, "token", &answer);
	} else if (answer.status != EXIT_OK || !json_is_object(data)) {
		report_refused(v, VERDICT_SKIP, "token: Meta does not say how long it lives", &answer);
	} else {
		check_expiry(v, data);
		if (!has_scope(data, "whatsapp_business_messaging"))
			doctor_report(v->doctor, VERDICT_FAIL, v->name, "make one that has it",
				      "token: lacks whatsapp_business_messaging, so it cannot send");
		if (!has_scope(data, "whatsapp_business_management"))
			doctor_report(v->doctor, VERDICT_OK, v->name, NULL,
				      "token: has no whatsapp_business_management, so templates cannot be looked at");
	}
	graph_answer_clear(&answer);
}

/* The number. */

static void report_entity(struct visit *v, const json_t *entity)
{
	char type[GRAPH_TEXT_MAX], state[GRAPH_TEXT_MAX], why[GRAPH_TEXT_MAX], help[GRAPH_TEXT_MAX],
		code[GRAPH_TEXT_MAX];
	json_t *error;
	size_t i;

	graph_text(entity, "/entity_type", type);
	graph_text(entity, "/can_send_message", state);
	json_array_foreach(json_object_get(entity, "errors"), i, error)
		doctor_report(v->doctor, strcmp(state, "BLOCKED") == 0 ? VERDICT_FAIL : VERDICT_WARN, v->name,
			      graph_text(error, "/possible_solution", help)[0] ? help : NULL, "%s: %s (code %s)", type,
			      graph_text(error, "/error_description", why), graph_text(error, "/error_code", code));
}

static void check_health(struct visit *v, const json_t *root)
{
	static const char *const good[] = {"AVAILABLE", NULL}, *const middling[] = {"LIMITED", "", NULL};
	char state[GRAPH_TEXT_MAX];
	json_t *entity;
	size_t i;

	graph_text(root, "/health_status/can_send_message", state);
	doctor_report(v->doctor, verdict_of(state, good, middling), v->name, NULL, "health: %s",
		      state[0] ? state : "Meta does not say");
	json_array_foreach(json_object_get(json_object_get(root, "health_status"), "entities"), i, entity)
		report_entity(v, entity);
}

static void check_quality(struct visit *v, const json_t *root)
{
	static const char *const good[] = {"GREEN", "UNKNOWN", "NA", "", NULL}, *const middling[] = {"YELLOW", "RED",
												     NULL};
	char quality[GRAPH_TEXT_MAX], tier[GRAPH_TEXT_MAX], level[GRAPH_TEXT_MAX];

	graph_text(root, "/quality_rating", quality);
	doctor_report(v->doctor, verdict_of(quality, good, middling), v->name,
		      verdict_of(quality, good, middling) == VERDICT_OK
			      ? NULL
			      : "users block or report the messages: do they know whom they come from?",
		      "number: quality %s, messaging tier %s, throughput %s", quality[0] ? quality : "-",
		      graph_text(root, "/whatsapp_business_manager_messaging_limit", tier)[0] ? tier : "-",
		      graph_text(root, "/throughput/level", level)[0] ? level : "-");
}

static void check_number(struct visit *v)
{
	struct graph_answer answer;

	if (graph_call(v->meta.graph, "GET", NULL, GRAPH_PLAIN, &answer, "%s?fields=" NUMBER_FIELDS,
		       v->channel->phone_number_id) != EXIT_OK) {
		report_refused(v, VERDICT_FAIL, "number", &answer);
		return;
	}
	check_health(v, answer.root);
	check_quality(v, answer.root);
	graph_answer_clear(&answer);
}

/* Templates. */

struct template_check {
	struct visit *visit;
	const json_t *list;
};

static bool check_template(const char *language, void *userdata)
{
	const struct template_check *check = userdata;
	const json_t *template = meta_templates_find(check->list, language);
	bool well = meta_templates_approved(template);
	const char *quality = meta_templates_text(template, "quality");
	bool poor = strcmp(quality, "RED") == 0 || strcmp(quality, "YELLOW") == 0;

	doctor_report(check->visit->doctor,
		      !well  ? VERDICT_FAIL
		      : poor ? VERDICT_WARN
			     : VERDICT_OK,
		      check->visit->name,
		      well       ? NULL
		      : template ? "whatsapp-otpctl template status"
				 : "whatsapp-otpctl template create",
		      "template %s %s: %s, quality %s; %s", check->visit->channel->template, language,
		      template ? meta_templates_text(template, "status") : "MISSING", quality[0] ? quality : "-",
		      meta_templates_effect(template));
	return well;
}

static bool no_account(struct visit *v, const char *what)
{
	if (v->channel->waba_id[0])
		return false;
	doctor_report(v->doctor, VERDICT_SKIP, v->name, "set waba_id in its section", "%s: the channel has no waba_id",
		      what);
	return true;
}

static void check_templates(struct visit *v)
{
	struct template_check check = {.visit = v};
	struct graph_answer answer;
	json_t *list;

	if (no_account(v, "templates"))
		return;
	if (meta_templates_list(v->meta.graph, v->channel->waba_id, v->channel->template, &list, &answer) != EXIT_OK) {
		report_refused(v, graph_is_forbidden(&answer) ? VERDICT_SKIP : VERDICT_FAIL, "templates", &answer);
		return;
	}
	check.list = list;
	(void)meta_each_language(v->channel, check_template, &check);
	json_decref(list);
}

/* Receipts. */

static void check_history(struct visit *v)
{
	bool wanted = v->channel->receipts == RECEIPTS_POLL;
	struct graph_answer answer;

	switch (meta_history_try(v->meta.graph, v->channel->phone_number_id, &answer)) {
	case META_HISTORY_ALLOWED:
		doctor_report(v->doctor, VERDICT_OK, v->name, NULL, "receipts = poll is possible");
		break;
	case META_HISTORY_FORBIDDEN:
		doctor_report(v->doctor, wanted ? VERDICT_FAIL : VERDICT_OK, v->name,
			      wanted ? "set receipts = webhook or none" : NULL, "receipts = poll is not possible: %s",
			      answer.why);
		break;
	default:
		report_refused(v, wanted ? VERDICT_WARN : VERDICT_SKIP, "receipts = poll", &answer);
	}
	graph_answer_clear(&answer);
}

static void check_webhook(struct visit *v)
{
	bool wanted = v->channel->receipts == RECEIPTS_WEBHOOK;
	struct meta_subscription found;
	struct graph_answer answer;

	if (no_account(v, "webhook"))
		return;
	if (meta_subscription_get(v->meta.graph, v->channel->waba_id, &found, &answer) != EXIT_OK)
		report_refused(v, graph_is_forbidden(&answer) ? VERDICT_SKIP : VERDICT_FAIL, "webhook", &answer);
	else if (found.subscribed)
		doctor_report(v->doctor, VERDICT_OK, v->name, NULL, "webhook: subscribed, %s",
			      found.url[0] ? found.url : "at the callback URL of the app");
	else
		doctor_report(v->doctor, wanted ? VERDICT_FAIL : VERDICT_OK, v->name,
			      wanted ? "whatsapp-otpctl webhook subscribe" : NULL, "webhook: not subscribed");
}

static void (*const checks[])(struct visit *) = {
	check_token, check_number, check_templates, check_history, check_webhook,
};

static void visit(struct doctor *doctor, const struct config_channel *channel)
{
	struct visit v = {.doctor = doctor, .channel = channel};
	char why[CONFIG_WHY_MAX] = "";
	int r = meta_connect(doctor->ctl, channel, &v.meta, why);

	snprintf(v.name, sizeof(v.name), "meta %.64s", channel->name);
	check_version(&v);
	if (r == -EACCES)
		doctor_report(doctor, VERDICT_SKIP, v.name, NULL, "%s", why);
	else if (r < 0)
		doctor_report(doctor, VERDICT_FAIL, v.name, NULL, "%s", why);
	for (size_t i = 0; r == 0 && i < sizeof(checks) / sizeof(checks[0]) && !v.away; i++)
		checks[i](&v);
	meta_close(&v.meta);
}

void doctor_check_meta(struct doctor *doctor)
{
	for (size_t i = 0; doctor->config && i < doctor->config->channel_count; i++)
		if (meta_is_driver(&doctor->config->channels[i]))
			visit(doctor, &doctor->config->channels[i]);
}
