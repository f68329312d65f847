#include "tools/simulator/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALID_SECONDS (24 * 60 * 60)
#define CLOCK_SKEW_SECONDS (5 * 60)

static bool add_extension(X509 *x509, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool ok;

	X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ok = extension && X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
	return ok;
}

static bool set_serial(X509 *x509)
{
	unsigned char bytes[8];
	uint64_t serial;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	memcpy(&serial, bytes, sizeof(serial));
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1 | 1) == 1;
}

static bool set_name(X509 *x509)
{
	static const unsigned char name[] = "whatsapp-otp-simulator";
	X509_NAME *subject = X509_get_subject_name(x509);

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) &&
	       X509_set_issuer_name(x509, subject);
}

static bool fill(X509 *x509, EVP_PKEY *key, const char *address)
{
	bool one_more = strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0;
	char names[160];

	snprintf(names, sizeof(names), "DNS:localhost,IP:127.0.0.1,IP:::1%s%s", one_more ? ",IP:" : "",
		 one_more ? address : "");
	return X509_set_version(x509, X509_VERSION_3) && set_serial(x509) && set_name(x509) &&
	       X509_gmtime_adj(X509_getm_notBefore(x509), -CLOCK_SKEW_SECONDS) &&
	       X509_gmtime_adj(X509_getm_notAfter(x509), VALID_SECONDS) && X509_set_pubkey(x509, key) &&
	       add_extension(x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	       add_extension(x509, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
	       add_extension(x509, NID_ext_key_usage, "serverAuth") &&
	       add_extension(x509, NID_subject_key_identifier, "hash") &&
	       add_extension(x509, NID_subject_alt_name, names) && X509_sign(x509, key, EVP_sha256());
}

/* The content of a memory BIO as a string, or NULL. */
static char *text_of(BIO *bio)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);

	return n > 0 ? strndup(data, (size_t)n) : NULL;
}

int certificate_make(const char *address, struct certificate *ret)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	BIO *pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_secmem());
	int r = -EIO;

	*ret = (struct certificate){0};
	if (key && x509 && pem && key_pem && fill(x509, key, address) && PEM_write_bio_X509(pem, x509) &&
	    PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL)) {
		ret->pem = text_of(pem);
		ret->key_pem = text_of(key_pem);
		r = ret->pem && ret->key_pem ? 0 : -EIO;
	}
	BIO_free(key_pem);
	BIO_free(pem);
	X509_free(x509);
	EVP_PKEY_free(key);
	if (r < 0)
		certificate_free(ret);
	return r;
}

int certificate_write(const struct certificate *certificate, const char *path)
{
	size_t n = strlen(certificate->pem);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = write(fd, certificate->pem, n);
	if (close(fd) < 0 || written != (ssize_t)n)
		return errno ? -errno : -EIO;
	return 0;
}

void certificate_free(struct certificate *certificate)
{
	if (certificate->key_pem)
		explicit_bzero(certificate->key_pem, strlen(certificate->key_pem));
	free(certificate->key_pem);
	free(certificate->pem);
	*certificate = (struct certificate){0};
}
