/*
 * What the tests of providers with several kinds of channels have in common: one channel of each kind, open side by
 * side at the same provider of straw.
 */
#pragma once

#include "tests/unit/fake_provider.h"

struct family {
	const char *secret;         /* the token; it stands nowhere */
	const char *const *private; /* the same in other forms, the code, the number; ends with NULL */
	const char *place;          /* how a config error begins */
	struct fake_provider provider;
};

/* One answer, in which nothing private stands, nor in the URL that was asked for. */
void family_check(const struct family *family, const struct fake_call *call);

/* What was refused, as the row says. */
void family_check_row(const struct fake_call *call, const struct provider_error *row);

/* No answer comes to a message, nor to a question about the one with this id. */
void family_check_no_answer(struct family *family, const struct channel_ops *ops, void *channel,
			    const struct channel_message *message, const char *id);
/* A call that is cancelled is not answered. */
void family_check_cancel(struct family *family, const struct channel_ops *ops, void *channel,
			 const struct channel_message *message);
/* A message to a recipient that does not fit stays here. */
void family_keeps(struct family *family, const struct channel_ops *ops, void *channel,
		  const struct channel_message *message, const char *to);

/* The section is refused at its place, with these words. */
void family_refuses(struct family *family, const struct channel_ops *ops, const struct config_channel *section,
		    const char *words);
/* The section with this member changed. */
#define FAMILY_REFUSES(family, opened, member, text, words)                                                            \
	do {                                                                                                           \
		static char value[] = text;                                                                            \
		struct config_channel broken = (opened).section;                                                       \
		broken.member = value;                                                                                 \
		family_refuses(family, (opened).ops, &broken, words);                                                  \
	} while (0)
