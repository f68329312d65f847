/* Addresses of users besides the number, sealed (the row is "user kind"), and links that are to make one known. */
#pragma once

#include "daemon/core/keys.h"
#include "daemon/core/store.h"
#include "wire/proto.h"

struct address_row {
	char user[WIRE_USER_MAX], kind[WIRE_NAME_MAX];
	unsigned char sealed[KEYS_SEALED_MAX];
	size_t sealed_length;
};

/* 1 if there is one, 0 if not, -errno. */
int store_address_get(struct tx *tx, const char *user, const char *kind, struct address_row *ret);
int store_address_put(struct tx *tx, const struct address_row *row);
/* Number of rows. */
int store_address_remove(struct tx *tx, const char *user, const char *kind);

struct link_row {
	char nonce[WIRE_ID_MAX], user[WIRE_USER_MAX], channel[WIRE_NAME_MAX];
	int64_t expires;
};

int store_link_put(struct tx *tx, const struct link_row *row);
/* Takes the link out: 1 with it, 0 if there is none that is still good, -errno. */
int store_link_take(struct tx *tx, const char *nonce, int64_t now, struct link_row *ret);
