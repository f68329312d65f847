#include "tools/simulator/graph_request.h"
#include "tools/simulator/graph_error.h"

#include <openssl/crypto.h>
#include <string.h>

#define DIGITS "0123456789"
#define TOKEN_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define UNKNOWN_OBJECT_SUBCODE 33

const struct refused passed;

struct refused refused(int code, const char *details)
{
	return (struct refused){.code = code, .details = details};
}

struct refused unknown_object(const char *details)
{
	return (struct refused){.code = GRAPH_INVALID_PARAMETER, .subcode = UNKNOWN_OBJECT_SUBCODE, .details = details};
}

static size_t run(const char *text, const char *accept)
{
	return *text ? strspn(text, accept) : 0;
}

size_t graph_version_length(const char *path)
{
	size_t n = strncmp(path, "/v", 2) == 0 ? 2 : 0, major = n ? run(path + n, DIGITS) : 0, minor;

	if (major == 0 || path[n + major] != '.')
		return 0;
	n += major + 1;
	minor = run(path + n, DIGITS);
	return minor && path[n + minor] == '/' ? n + minor + 1 : 0;
}

struct refused graph_check_token(const struct simulator *simulator, const struct request *request)
{
	const char *expected = simulator->options->token, *got = request->authorization;
	size_t n = strlen(expected);

	if (!got || strncmp(got, "Bearer ", 7) != 0)
		return refused(GRAPH_TOKEN_INVALID, "There is no Authorization: Bearer");
	if (strlen(got + 7) != n || CRYPTO_memcmp(got + 7, expected, n) != 0)
		return refused(GRAPH_TOKEN_INVALID, "The access token could not be decrypted");
	return passed;
}

/* "name/1.2.3" as Meta's specification wants it, whatever follows. */
static bool is_user_agent(const char *text)
{
	size_t n;

	if (!text)
		return false;
	n = run(text, TOKEN_CHARS);
	if (n == 0 || text[n] != '/')
		return false;
	text += n;
	for (int part = 0; part < 3; part++) {
		if (*text != (part == 0 ? '/' : '.'))
			return false;
		n = run(++text, DIGITS);
		if (n == 0)
			return false;
		text += n;
	}
	return true;
}

struct refused graph_check_user_agent(const struct request *request)
{
	return is_user_agent(request->user_agent) ? passed
						  : refused(GRAPH_INVALID_PARAMETER, "User-Agent must be name/1.2.3");
}

struct refused graph_check_body(const struct request *request)
{
	if (!request_has_type(request, "application/json"))
		return refused(GRAPH_INVALID_PARAMETER, "Content-Type must be application/json");
	if (request->body_too_big)
		return (struct refused){
			.code = GRAPH_INVALID_PARAMETER, .status = 413, .details = "The body is larger than 64 KiB"};
	return passed;
}

void graph_refuse(struct answer *answer, struct refused why)
{
	answer->outcome = ANSWER_REFUSED;
	graph_error_answer(answer, why.code, why.status, why.subcode, why.details);
}
