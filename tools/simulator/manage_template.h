/* Message templates of the account: /{account id}/message_templates. */
#pragma once

#include "tools/simulator/vendor.h"

#define MANAGE_LIST_FIELDS 6
#define MANAGE_CREATE_FIELDS 5
#define MANAGE_DELETE_FIELDS 2

extern const struct vendor_field manage_list_fields[MANAGE_LIST_FIELDS], manage_create_fields[MANAGE_CREATE_FIELDS],
	manage_delete_fields[MANAGE_DELETE_FIELDS];

void manage_list_templates(struct vendor_call *call);
void manage_create_template(struct vendor_call *call);
void manage_delete_template(struct vendor_call *call);

/* The template with an id, or NULL. */
json_t *manage_template_json(const struct vendor_call *call, const char *id);
