/*
 * Everything that needs the master key. Codes are derived, not stored; numbers are stored sealed, with a blind index
 * beside them. One 32-byte master, one HKDF-SHA-256 key a purpose (RFC 5869).
 */
#pragma once

#include "daemon/base/phone.h"
#include "wire/proto.h"

#include <stddef.h>
#include <stdint.h>

#define KEYS_ID_SIZE 20 /* of a challenge: 4 bytes of time, 16 random ones */
#define KEYS_INDEX_SIZE 16
#define KEYS_SEAL_EXTRA 29 /* key id, nonce, tag */
#define KEYS_SEALED_MAX (WIRE_TEXT_MAX + KEYS_SEAL_EXTRA)

struct keys;

/* Reads the master key: 32 bytes, raw or as 64 hex digits. 0, or -errno with a sentence in why. */
int keys_load(const char *reference, struct keys **ret, char *why, size_t why_size);
void keys_free(struct keys *keys);

/*
 * 128 random bits behind the second of wall time in which they were made: rows that are made together lie together, so
 * that a group of them touches few pages. A failure of the generator is -EIO and must end in a refusal.
 */
int keys_random_id(int64_t wall, unsigned char id[static KEYS_ID_SIZE]);

/*
 * The code of a challenge's generation: decimal digits of HMAC-SHA-256(K_code, id ‖ generation ‖ user ‖ service), by
 * rejection, so that each code is equally likely. length is 6 to 10. 0 or -EIO; the caller wipes code.
 */
int keys_code(const struct keys *keys, const unsigned char id[static KEYS_ID_SIZE], int64_t generation,
	      const char *user, const char *service, int64_t length, char code[static WIRE_CODE_MAX]);

/* AES-256-GCM with a fresh nonce; row binds the text to its place. Returns the sealed length or -EIO. */
int keys_seal(const struct keys *keys, const char *row, const char *text, unsigned char sealed[static KEYS_SEALED_MAX]);
/* -EBADMSG if the key, the row or a byte is another. The caller wipes text. */
int keys_open(const struct keys *keys, const char *row, const unsigned char *sealed, size_t length, char *text,
	      size_t size);

/* The same number has the same index, and nothing else can be learned from it without the key. */
int keys_number_index(const struct keys *keys, const struct phone *phone, unsigned char index[static KEYS_INDEX_SIZE]);

/* The same of a provider's id of a message, which holds the number in some: what is kept to find it by. */
int keys_message_index(const struct keys *keys, const char *provider, const char *message_id,
		       unsigned char index[static KEYS_INDEX_SIZE]);

/* What tells one master key from another and nothing about it. */
#define KEYS_MARK_MAX 33
int keys_mark(const struct keys *keys, char mark[static KEYS_MARK_MAX]);

/* Two stable digits for a user who has no number, so that prompts look alike. */
void keys_decoy_digits(const struct keys *keys, const char *user, char digits[static 3]);
