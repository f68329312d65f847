/*
 * What WhatsApp says of messages, templates and accounts, in the same words be it by Meta itself or by a provider in
 * between. A signal is filled in; where it comes from and when is the parser's business.
 */
#pragma once

#include "daemon/webhook/parser.h"

#include <jansson.h>

/* Of the channels with this driver. Where none of them says waba_id every account is ours; so is NULL. */
bool whatsapp_account_is_ours(const struct config *config, const char *driver, const char *id);
bool whatsapp_template_is_ours(const struct config *config, const char *driver, const char *name);

/* A message by the system: another number or identity. False: of no interest, the signal is as it was. */
bool whatsapp_system(const char *type, struct signal *signal);
/* A button under a message: "I didn't request a code". False: another one, the signal is as it was. */
bool whatsapp_button(const char *payload, struct signal *signal);

/* Appends the provider's word in upper case; "OTHER" for what is no word, or does not fit. */
void whatsapp_append_word(char event[static WIRE_NAME_MAX], const char *word);
/* E.164 with or without its plus. False, and phone is "": it is none. */
bool whatsapp_phone(const char *number, char phone[static WIRE_PHONE_MAX]);
/* "en-US" as templates write it: "en_US". */
void whatsapp_underline(char *lang);

/*
 * What the signal's event is worth: alarm, stops, healthy. Only what ends a stop is healthy, and a word that nobody
 * knows is a reason to look, never to stop.
 */
void whatsapp_weigh_template(struct signal *signal);
void whatsapp_weigh_number(struct signal *signal);
/* state: the word for a ban, which says more than the event; NULL or "": there is none. */
void whatsapp_weigh_account(const char *state, struct signal *signal);
/* restrictions: an array, whose members name their type by key. Codes are messages that a business begins. */
void whatsapp_weigh_restrictions(const json_t *restrictions, const char *key, struct signal *signal);
