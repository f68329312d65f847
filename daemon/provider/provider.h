/*
 * What a provider's codes and words mean for us: one file a provider, one row a code. The sender judges answers by
 * them, the webhook receipts; the core acts on the fault and knows no provider. Pure.
 *
 * A code's row stands for the answer to a request and for a receipt alike. Whoever meets a code that is in no table
 * goes by the HTTP status of the answer, or takes a receipt's for undeliverable.
 */
#pragma once

#include "wire/proto.h"

#include <stdbool.h>
#include <stddef.h>

struct provider_error {
	long long first, last; /* numeric codes; a single one is a range, too */
	const char *word;      /* another code; NULL: numeric */
	enum failure failure;
	bool retry; /* one quick second try may help, if nothing was sent */
	enum alarm alarm;
	enum breaker breaker;
	bool often;          /* the breaker opens only if it happens often */
	unsigned seconds;    /* for how long; 0: until a probe, a delivery or an admin closes it */
	const char *meaning; /* our words, for logs and admins */
};

/* A provider's word for what became of a message. */
struct provider_state {
	const char *word;
	enum receipt_state state;
};

struct provider {
	const char *name; /* as a receipt names it, and driver.h */
	const struct provider_error *errors;
	size_t error_count;
	const struct provider_state *states; /* ends with a NULL word */
};

extern const struct provider provider_meta, provider_ycloud, provider_twilio, provider_vonage, provider_infobip,
	provider_unifonic, provider_telegram, provider_telegram_bot, provider_authentica, provider_generic,
	provider_smtp;

/* NULL: the code is in no row. Numeric codes may come as text. */
const struct provider_error *provider_error_find(const struct provider *provider, const char *code);

/* Fills a fault from a row. */
void provider_explain(const struct provider_error *error, const char *code, struct fault *ret);

/* What a receipt's failure means: the row's, or undeliverable with an alarm for a code that nobody knows. */
void provider_judge(const struct provider *provider, const char *code, struct fault *ret);

/*
 * Infobip's two names: an error's says why the network failed, a status' why Infobip did not try. The one that the
 * table knows, else the one that says anything; NULL where there is none.
 */
const char *infobip_reason(const char *error, const char *status);

/* An enum receipt_state, or -ENOENT for a word that says nothing about a message. Upper and lower case are the same. */
int provider_state_of(const struct provider *provider, const char *word);
