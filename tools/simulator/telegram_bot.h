/*
 * Telegram's Bot API: getMe, getUpdates, sendMessage, deleteMessage at /bot<digits>:<token>/. POST /telegram/start, a
 * form with chat_id and text, plays the user who opens the bot: "/start NONCE" comes with the next getUpdates, and only
 * to chats that have begun so may anything be sent.
 */
#pragma once

#include "tools/simulator/vendor.h"

struct bot_chats;

extern const struct vendor telegram_bot, telegram_user;

/* NULL: out of memory. */
struct bot_chats *bot_chats_new(void);
void bot_chats_free(struct bot_chats *chats);
