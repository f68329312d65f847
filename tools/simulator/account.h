/*
 * What Meta knows of its customer: the number, its PIN and registration, and the message templates. In memory, from the
 * options at the start. Safe to use from many threads.
 */
#pragma once

#include "tools/simulator/options.h"

#include <jansson.h>

#define ACCOUNT_TEMPLATES_MAX 250
#define ACCOUNT_REGISTERS_MAX 10 /* in ACCOUNT_REGISTERS_HOURS */
#define ACCOUNT_REGISTERS_HOURS 72
#define ACCOUNT_CODE_MAX 7 /* of request_code, with its NUL */

struct account;

/* options is borrowed. NULL: out of memory. */
struct account *account_new(const struct options *options);
void account_free(struct account *account);

/* Each of these returns 0 or Meta's error code. */
int account_register(struct account *account, const char *pin);
int account_deregister(struct account *account);
int account_set_pin(struct account *account, const char *pin);
void account_request_code(struct account *account, char code[static ACCOUNT_CODE_MAX]);
int account_verify_code(struct account *account, const char *code);

bool account_is_registered(struct account *account);
bool account_is_verified(struct account *account);

/* May it be sent? 0, or why not. */
enum account_template { ACCOUNT_APPROVED, ACCOUNT_NO_NAME, ACCOUNT_NO_LANGUAGE, ACCOUNT_PENDING };
enum account_template account_template(struct account *account, const char *name, const char *language);

/* Takes nothing; -EEXIST: it is there already, -ENOSPC. ret_id: of the new one. */
int account_add_template(struct account *account, const json_t *template, char ret_id[static 24]);
/* How many were deleted; id NULL: all languages. */
int account_delete_template(struct account *account, const char *name, const char *id);
/* An array of {id, name, language, status, category, components …}; name and id may be NULL. */
json_t *account_templates(struct account *account, const char *name, const char *id);

/* Where webhooks of the account go instead; empty: nowhere else. url NULL: not subscribed. */
void account_subscribe(struct account *account, const char *url);
json_t *account_subscriptions(struct account *account);
