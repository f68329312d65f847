/* The WhatsApp account that a command is about: a channel of the config, its token, and Meta on the other side. */
#pragma once

#include "tools/otpctl/graph.h"

struct meta {
	struct otpctl *ctl;
	const struct config *config;
	const struct config_channel *channel;
	struct graph *graph;
};

/* Of --channel, else of the only one with driver = whatsapp_cloud. Prints its errors, returns an exit_status. */
int meta_open(struct otpctl *ctl, struct meta *ret);
void meta_close(struct meta *meta);
/* The same for a given channel, silently: 0, or -errno with why. */
int meta_connect(struct otpctl *ctl, const struct config_channel *channel, struct meta *ret,
		 char why[static CONFIG_WHY_MAX]);
bool meta_is_driver(const struct config_channel *channel);

/* Prints what Meta refused, with what to do (NULL: that needs no saying), and returns the status of the answer. */
int meta_refused(const struct meta *meta, const struct graph_answer *answer, const char *advice);
/* waba_id, NULL after an error: most questions about an account need it. */
const char *meta_account(const struct meta *meta);

/* Calls each() once for every language that the channel may send in. False if one of the calls was. */
bool meta_each_language(const struct config_channel *channel, bool (*each)(const char *language, void *userdata),
			void *userdata);
