/*
 * The decisions about logins. An engine function is plain synchronous code inside a transaction: it changes the
 * database and fills the reply; the caller sends the reply, hands the message to the sender and writes the note only
 * after the commit. 0, or -errno: then nothing has happened and the answer is `unavailable`.
 */
#pragma once

#include "daemon/core/dialogue.h"

int engine_begin(const struct engine *engine, struct tx *tx, const struct login_begin *login,
		 const struct caller *caller, struct reply *reply);

/* begin is what began the dialogue on this connection: the answer belongs to the challenge that it led to. */
int engine_answer(const struct engine *engine, struct tx *tx, const struct login_begin *begin,
		  const struct caller *caller, const struct login_answer *answer, struct reply *reply);

/* The connection ended without an answer: nobody waits, so nothing more is sent until the login is resumed. */
int engine_leave(const struct engine *engine, struct tx *tx, const char *challenge, struct reply *reply);
