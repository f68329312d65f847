/*
 * A provider beside Meta and the gateway: one file each, which is a table of methods and of their fields. What all
 * share is here: the path, the method, the credentials, the type of the body, fields that are unknown, missing, twice
 * or wrong, and --fail.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/notify.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

#define VENDOR_PARTS_MAX 4

enum vendor_body {
	VENDOR_JSON,
	VENDOR_FORM,
	VENDOR_FORM_OR_JSON,
	VENDOR_FORM_OR_QUERY,
	VENDOR_JSON_IF_ANY,
	VENDOR_HEADERS, /* X-Kannel-…, and the text is the body */
	VENDOR_QUERY,   /* no body; a GET that says all in its URL, as some gateways want it */
};

enum field_kind {
	FIELD_TEXT,    /* 1 to most bytes (0: 512), no control character but newline */
	FIELD_E164,    /* with + */
	FIELD_DIGITS,  /* an international number without + */
	FIELD_INTEGER, /* from least to most; of a form: its digits */
	FIELD_BOOL,    /* of a form: true or false */
	FIELD_WORD,    /* one of words, "a b c" */
	FIELD_URL,     /* where receipts go: on this host, unless --receipts says where they go instead */
	FIELD_OBJECT,
	FIELD_ARRAY, /* of one */
	FIELD_LIST,
};

struct vendor_field {
	const char *name;
	enum field_kind kind;
	bool optional;
	long least, most;
	const char *words;
};

#define VENDOR_FIELDS(table) (table), sizeof(table) / sizeof((table)[0])

struct vendor_call {
	struct simulator *simulator;
	const struct request *request;
	struct answer *answer;
	const struct vendor *vendor;
	json_t *fields;
	char parts[VENDOR_PARTS_MAX][128]; /* what stands at each "*" of the path */
};

struct vendor_method {
	const char *method, *path; /* "*" is any one segment or the rest of one: "/bot*" */
	enum vendor_body body;
	const struct vendor_field *fields;
	size_t fields_n;
	void (*run)(struct vendor_call *call);
};

enum vendor_refusal {
	VENDOR_UNAUTHORIZED,
	VENDOR_NOT_FOUND,
	VENDOR_METHOD,
	VENDOR_TYPE,
	VENDOR_INVALID,
	VENDOR_DUPLICATE,
	VENDOR_BROKEN, /* --fail with a code that is no HTTP status */
	VENDOR_REFUSALS,
};

struct vendor_error {
	unsigned status;
	const char *code;
};

struct vendor {
	enum provider provider;
	const char *prefix; /* what begins so is its, also what it does not know; NULL: its methods only */
	const struct vendor_method *methods;
	size_t methods_n;
	bool key_in_fields; /* the credentials stand among the fields */
	/* True: the credentials are right. */
	bool (*authenticate)(const struct vendor_call *call);
	struct vendor_error errors[VENDOR_REFUSALS];
	json_t *(*error)(unsigned status, const char *code, const char *reason);
	const char *error_type; /* NULL: JSON; else error makes a string that is sent as this */
	const struct notifier *notifier;
};

bool vendor_matches(const struct vendor *vendor, const char *path);
void vendor_answer(const struct vendor *vendor, struct simulator *simulator, const struct request *request,
		   struct answer *answer);

/* Answers with an error of the provider and counts it as refused. */
void vendor_refuse(struct vendor_call *call, enum vendor_refusal refusal, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void vendor_refuse_code(struct vendor_call *call, unsigned status, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Fields of an object that is one of the fields: 0, or refused. */
int vendor_check(struct vendor_call *call, const json_t *object, const char *where, const struct vendor_field *fields,
		 size_t n);

/* NULL: not there. */
const char *vendor_text(const struct vendor_call *call, const char *name);

/*
 * Keeps a message, draft, whose provider, id, time and error are set here; draft->id, what it is kept as, may be set
 * before. Returns the id to answer with in *ret_id (NULL with --fail …=noid). False: it is answered.
 */
bool vendor_deliver(struct vendor_call *call, struct message *draft, char id[static MESSAGES_ID_MAX],
		    const char **ret_id);

/* The message at an id of this provider, for the caller to free(3); NULL: refused. */
struct message *vendor_find(struct vendor_call *call, const char *id);

/* True if a secret in a request is the token. */
bool vendor_is_token(const struct vendor_call *call, const char *text);
/* True if Authorization is Basic of user and the token. */
bool vendor_is_basic(const struct vendor_call *call, const char *user);
