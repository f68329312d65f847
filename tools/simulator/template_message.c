#include "tools/simulator/template_message.h"
#include "tools/simulator/graph_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"
#define RANDOM_ID_MIN 32 /* hex digits */
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const struct {
	const char *language;
	const char *text;
} texts[] = {
	{"en", "*%s* is your verification code. For your security, do not share this code."},
	{"ar", "رمز التحقق الخاص بك هو *%s*. للحفاظ على أمانك، لا تشارك هذا الرمز."},
	{"id", "*%s* adalah kode verifikasi Anda. Demi keamanan, jangan bagikan kode ini."},
	{"it", "*%s* è il tuo codice di verifica. Per la tua sicurezza, non condividerlo."},
	{"ru", "*%s* — ваш код подтверждения. В целях безопасности никому его не сообщайте."},
	{"es", "*%s* es tu código de verificación. Por tu seguridad, no lo compartas."},
	{"pt_BR", "*%s* é o seu código de verificação. Para sua segurança, não o compartilhe."},
	{"hi", "आपका वेरिफ़िकेशन कोड *%s* है. अपनी सुरक्षा के लिए, इस कोड को शेयर न करें."},
};

static int refuse(struct refusal *why, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int refuse(struct refusal *why, int code, const char *format, ...)
{
	va_list args;

	why->code = code;
	va_start(args, format);
	vsnprintf(why->details, sizeof(why->details), format, args);
	va_end(args);
	answer_clean(why->details);
	return -EBADMSG;
}

/* Finds a name among names ("to type template?"): where it stands, or NULL. */
static const char *name_find(const char *names, const char *name)
{
	size_t n;

	for (; *names; names += n + strspn(names + n, " ?")) {
		n = strcspn(names, " ?");
		if (n == strlen(name) && strncmp(names, name, n) == 0)
			return names;
	}
	return NULL;
}

/* object must be an object that has all keys of known, except those with a "?" behind them, and no other. */
static int check_keys(const json_t *object, const char *where, const char *known, struct refusal *why)
{
	const char *key;
	json_t *value;
	size_t n;

	if (!json_is_object(object))
		return refuse(why, GRAPH_BAD_VALUE, "%s must be an object", where);
	json_object_foreach((json_t *)object, key, value) if (!name_find(known, key)) return refuse(
		why, GRAPH_INVALID_PARAMETER, "Unexpected key \"%.40s\" in %s", key, where);
	for (; *known; known += n + strspn(known + n, " ?")) {
		n = strcspn(known, " ?");
		if (known[n] != '?' && !json_object_getn(object, known, n))
			return refuse(why, GRAPH_MISSING, "The key \"%.*s\" is missing in %s", (int)n, known, where);
	}
	return 0;
}

static const char *string_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int check_string(const json_t *object, const char *key, const char *expected, struct refusal *why)
{
	const char *value = string_at(object, key);

	if (!json_object_get(object, key) || (value && strcmp(value, expected) == 0))
		return 0;
	return refuse(why, GRAPH_BAD_VALUE, "%s must be \"%s\"", key, expected);
}

/* Seven to fifteen digits, the country code first, one plus before them at most. */
static int parse_to(const json_t *body, struct template_message *ret, struct refusal *why)
{
	const char *digits;
	size_t n;

	ret->input = string_at(body, "to");
	if (!ret->input)
		return refuse(why, GRAPH_BAD_VALUE, "to must be a string");
	digits = ret->input + (ret->input[0] == '+');
	n = strspn(digits, DIGITS);
	if (digits[n] || n < 7 || n > 15 || digits[0] == '0')
		return refuse(why, GRAPH_BAD_VALUE, "to must be 7 to 15 digits that begin with a country code");
	snprintf(ret->to, sizeof(ret->to), "+%s", digits);
	return 0;
}

static int parse_language(const json_t *language, struct template_message *ret, struct refusal *why)
{
	int r = check_keys(language, "language", "code policy?", why);

	if (r == 0)
		r = check_string(language, "policy", "deterministic", why);
	if (r < 0)
		return r;
	ret->language = string_at(language, "code");
	return ret->language ? 0 : refuse(why, GRAPH_BAD_VALUE, "language.code must be a string");
}

/* The one text parameter of a component. */
static const char *parse_parameter(const json_t *component, const char *where, struct refusal *why)
{
	const json_t *list = json_object_get(component, "parameters"), *parameter = json_array_get(list, 0);
	const char *text;

	if (!json_is_array(list))
		refuse(why, GRAPH_BAD_VALUE, "parameters of %s must be an array", where);
	else if (json_array_size(list) != 1)
		refuse(why, GRAPH_PARAMETER_COUNT, "%s: number of parameters is %zu, expected 1", where,
		       json_array_size(list));
	else if (check_keys(parameter, "parameter", "type text", why) == 0 &&
		 check_string(parameter, "type", "text", why) == 0) {
		text = string_at(parameter, "text");
		if (text && *text)
			return text;
		refuse(why, GRAPH_BAD_VALUE, "text of the %s's parameter must be a string that is not empty", where);
	}
	return NULL;
}

static int check_index(const json_t *button, struct refusal *why)
{
	const json_t *index = json_object_get(button, "index");
	const char *text = json_string_value(index);

	if ((text && strcmp(text, "0") == 0) || (json_is_integer(index) && json_integer_value(index) == 0))
		return 0;
	return refuse(why, GRAPH_BAD_VALUE, "index of the button must be \"0\" or 0");
}

static int check_button(const json_t *button, struct refusal *why)
{
	int r = check_keys(button, "button", "type sub_type index parameters", why);

	if (r == 0)
		r = check_string(button, "sub_type", "url", why);
	return r == 0 ? check_index(button, why) : r;
}

static int check_code(const char *code, struct refusal *why)
{
	if (strlen(code) > TEMPLATE_CODE_MAX)
		return refuse(why, GRAPH_TEXT_TOO_LONG, "The code is longer than %d characters", TEMPLATE_CODE_MAX);
	if (code[strspn(code, DIGITS LETTERS)])
		return refuse(why, GRAPH_PARAMETER_MISMATCH, "The code must be letters and digits");
	return 0;
}

/* The component of a type, the only one of it among two. */
static const json_t *component_find(const json_t *components, const char *type)
{
	for (size_t i = 0; i < json_array_size(components); i++) {
		const json_t *component = json_array_get(components, i);
		const char *its = string_at(component, "type");

		if (its && strcmp(its, type) == 0)
			return component;
	}
	return NULL;
}

static int parse_components(const json_t *components, struct template_message *ret, struct refusal *why)
{
	const json_t *body = component_find(components, "body"), *button = component_find(components, "button");
	const char *copied;
	int r;

	if (!json_is_array(components))
		return refuse(why, GRAPH_BAD_VALUE, "components must be an array");
	if (json_array_size(components) != 2 || !body || !button)
		return refuse(why, GRAPH_PARAMETER_COUNT, "components must be one body and one button");
	r = check_keys(body, "body", "type parameters", why);
	if (r == 0)
		r = check_button(button, why);
	if (r < 0)
		return r;
	ret->code = parse_parameter(body, "body", why);
	copied = ret->code ? parse_parameter(button, "button", why) : NULL;
	if (!copied)
		return -EBADMSG;
	if (strcmp(ret->code, copied) != 0)
		return refuse(why, GRAPH_PARAMETER_MISMATCH, "The button copies another code than the body shows");
	return check_code(ret->code, why);
}

static int check_template(struct account *account, const char *name, const char *language, struct refusal *why)
{
	static const char *const reasons[] = {
		[ACCOUNT_NO_NAME] = "There is no template of this name",
		[ACCOUNT_NO_LANGUAGE] = "The template does not exist in this language",
		[ACCOUNT_PENDING] = "The template is not approved in this language",
	};
	enum account_template r = account_template(account, name, language);

	return r == ACCOUNT_APPROVED ? 0 : refuse(why, GRAPH_NO_TEMPLATE, "%s", reasons[r]);
}

int template_parse(const json_t *template, struct account *account, struct template_message *ret, struct refusal *why)
{
	int r = check_keys(template, "template", "name language components", why);
	const char *name = string_at(template, "name");

	if (r < 0)
		return r;
	if (!name)
		return refuse(why, GRAPH_BAD_VALUE, "template.name must be a string");
	r = parse_language(json_object_get(template, "language"), ret, why);
	if (r == 0)
		r = check_template(account, name, ret->language, why);
	return r == 0 ? parse_components(json_object_get(template, "components"), ret, why) : r;
}

/* True if text shows code, unless as part of a random id of 128 bits or more, which holds some codes by chance. */
static bool shows_code(const char *text, const char *code)
{
	size_t n;

	for (; *text; text += n ? n : 1) {
		const char *at = strstr(text, code);

		n = strspn(text, DIGITS LETTERS);
		if (n < RANDOM_ID_MIN && at && at < text + (n ? n : 1))
			return true;
	}
	return false;
}

/* It comes back in every webhook and is kept in many logs: it may say nothing. */
static int parse_callback(const json_t *body, struct template_message *ret, struct refusal *why)
{
	const json_t *callback = json_object_get(body, "biz_opaque_callback_data");

	ret->callback = callback ? json_string_value(callback) : "";
	if (!ret->callback)
		return refuse(why, GRAPH_BAD_VALUE, "biz_opaque_callback_data must be a string");
	if (callback && (!*ret->callback || strlen(ret->callback) > TEMPLATE_CALLBACK_MAX))
		return refuse(why, GRAPH_INVALID_PARAMETER, "biz_opaque_callback_data must have 1 to %d characters",
			      TEMPLATE_CALLBACK_MAX);
	if (strstr(ret->callback, ret->to + 1))
		return refuse(why, GRAPH_INVALID_PARAMETER,
			      "biz_opaque_callback_data holds the number of the recipient");
	if (shows_code(ret->callback, ret->code))
		return refuse(why, GRAPH_INVALID_PARAMETER, "biz_opaque_callback_data holds the code");
	return 0;
}

int template_message_parse(const json_t *body, struct account *account, struct template_message *ret,
			   struct refusal *why)
{
	int r = check_keys(body, "the body",
			   "messaging_product recipient_type? to type template biz_opaque_callback_data?", why);

	if (r == 0)
		r = check_string(body, "messaging_product", "whatsapp", why);
	if (r == 0)
		r = check_string(body, "recipient_type", "individual", why);
	if (r == 0)
		r = parse_to(body, ret, why);
	if (r == 0 && check_string(body, "type", "template", why) < 0)
		r = refuse(why, GRAPH_WRONG_TYPE,
			   "type must be \"template\": only a template may begin a conversation");
	if (r == 0)
		r = template_parse(json_object_get(body, "template"), account, ret, why);
	return r == 0 ? parse_callback(body, ret, why) : r;
}

void template_message_print(const struct template_message *message, char text[static TEMPLATE_TEXT_MAX])
{
	const char *format = texts[0].text;
	const char *gap;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].language, message->language) == 0)
			format = texts[i].text;
	gap = strstr(format, "%s");
	snprintf(text, TEMPLATE_TEXT_MAX, "%.*s%s%s", (int)(gap - format), format, message->code, gap + 2);
}
