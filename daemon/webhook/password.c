#include "daemon/webhook/password.h"

#include "daemon/webhook/signature.h"

#include <errno.h>
#include <string.h>

#define CREDENTIALS_MAX (SECRET_MAX + 256)

/* "Basic " and base64 of "user:password". */
static bool basic_is_right(const struct secret *secret, const char *header)
{
	unsigned char credentials[CREDENTIALS_MAX];
	const unsigned char *colon = NULL;
	bool right = false;
	long length;

	if (!header || strncasecmp(header, "Basic ", 6) != 0)
		return false;
	header += 6 + strspn(header + 6, " ");
	length = signature_base64_decode(header, strlen(header), credentials, sizeof(credentials));
	if (length > 0)
		colon = memchr(credentials, ':', (size_t)length);
	if (colon)
		right = signature_same(secret->data, secret->length, colon + 1,
				       (size_t)(credentials + length - colon - 1));
	explicit_bzero(credentials, sizeof(credentials));
	return right;
}

int password_verify(const struct parser_context *context, const struct parser_request *request)
{
	const struct secret *secret = context->secret;

	if (secret->length == 0)
		return -EACCES;
	if (request->rest[0])
		return signature_is_secret(secret, request->rest + 1) ? 0 : -EACCES;
	return basic_is_right(secret, parser_header(request, "Authorization")) ? 0 : -EACCES;
}
