/*
 * The certificate of one run: self-signed, ECDSA P-256, good for one day and for localhost, 127.0.0.1, ::1 and one
 * more address. A client that takes it as its only CA trusts nothing else.
 */
#pragma once

struct certificate {
	char *pem;     /* both are owned, certificate_free releases them */
	char *key_pem; /* never leaves the process */
};

/* 0 or -EIO. address: an IP literal. */
int certificate_make(const char *address, struct certificate *ret);

/* Writes the PEM certificate, without the key, over whatever path held. 0 or -errno. */
int certificate_write(const struct certificate *certificate, const char *path);

void certificate_free(struct certificate *certificate);
