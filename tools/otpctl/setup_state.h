/* One run of setup: what is known so far. */
#pragma once

#include "tools/otpctl/graph.h"
#include "tools/otpctl/setup_answers.h"

struct setup {
	struct otpctl *ctl;
	char config_file[4096];       /* absolute */
	const struct config *present; /* NULL: there is none that can be read */
	struct setup_answers answers;
	struct graph *graph;
	bool unchecked;  /* somebody wanted to go on without Meta */
	bool registered; /* the number is, as far as is known */
	bool poll;       /* the account may ask what became of messages */
};
