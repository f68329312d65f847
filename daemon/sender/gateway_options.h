/*
 * What a section with driver = http says: checked, and with its words as a provider's table. A gateway is described
 * wholly by it; nothing of it is evaluated.
 */
#pragma once

#include "daemon/provider/provider.h"
#include "daemon/sender/channel.h"
#include "daemon/sender/template.h"

#define GATEWAY_HEADERS_MAX 16

struct gateway_options {
	enum template_place place; /* of values in bodies */
	const char *content_type;  /* of bodies, unless a header of the section says so */
	struct provider provider;  /* errors and poll_states */
	struct provider kept;      /* of errors those that say "accepted": the message waits at the gateway */
};

/* Which placeholders a request that sends has, and one that polls; both end with NULL. */
extern const char *const gateway_send_names[], *const gateway_poll_names[];

/* 0, or -errno with "file:line: …" in why. What it returns is to be cleared even then. */
int gateway_options_read(const struct config_channel *config, struct gateway_options *ret,
			 char why[static CONFIG_WHY_MAX]);
void gateway_options_clear(struct gateway_options *options);

/* A request with this method has a body. */
bool gateway_has_body(const char *method);
/* The header has this name. */
bool gateway_header_is(const char *header, const char *name);
/* A URL of the section, as it is when each value is "x": for memory_free(). NULL: no memory. */
char *gateway_sample(const char *text, enum template_place place);
