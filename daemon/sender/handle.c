#include "daemon/sender/handle.h"

#define KEEPALIVE_SECONDS 30L

/* Why a server was refused: OpenSSL's verify results (x509_vfy.h); 0 or 1 where libcurl itself compared the name. */
static const struct {
	long result;
	const char *error;
} verify_errors[] = {
	{0, "the server's certificate is for another name"},
	{1, "the server's certificate is for another name"},
	{9, "the server's certificate is not valid yet: is the clock right?"},
	{10, "the server's certificate has expired: or is the clock wrong?"},
	{18, "the server's certificate is self-signed"},
	{19, "the server's certificate is from an unknown authority"},
	{20, "the server's certificate is from an unknown authority"},
	{21, "the server's certificate is from an unknown authority"},
	{62, "the server's certificate is for another name"},
};

static const struct {
	CURLoption option;
	long value;
} fixed_options[] = {
	{CURLOPT_NOSIGNAL, 1},
	{CURLOPT_NETRC, CURL_NETRC_IGNORED},
	{CURLOPT_SSL_VERIFYPEER, 1},
	{CURLOPT_SSL_VERIFYHOST, 2},
	{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	{CURLOPT_TCP_KEEPALIVE, 1},
	{CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SECONDS},
	{CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SECONDS},
#if LIBCURL_VERSION_NUM >= 0x075700
	{CURLOPT_QUICK_EXIT,
	 1}, /* else a silent name server holds up the event loop: the resolver's thread is joined */
#endif
};

/* libcurl would trust the system's directory of authorities beside the file. */
static CURLcode set_authorities(CURL *easy, const char *ca_file)
{
	CURLcode r;

	if (*ca_file == '\0')
		return CURLE_OK;
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else libcurl keeps what it has read for a day, whatever the file holds after a reload. */
	r = curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	if (r != CURLE_OK)
		return r;
#endif
	r = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	return r == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) : r;
}

static CURLcode set_protocols(CURL *easy, const char *protocols)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
#else
	(void)easy, (void)protocols; /* URLs are checked when the config is read */
	return CURLE_OK;
#endif
}

static CURLcode set_connect_only(CURL *easy)
{
	CURLcode r = curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);

	return r == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) : r;
}

CURLcode handle_set(CURL *easy, const struct handle_terms *terms)
{
	const struct {
		CURLoption option;
		const char *value;
	} texts[] = {{CURLOPT_URL, terms->url}, {CURLOPT_PROXY, ""}};
	const struct {
		CURLoption option;
		int64_t value;
	} times[] = {{CURLOPT_CONNECTTIMEOUT_MS, terms->connect_ms}, {CURLOPT_TIMEOUT_MS, terms->timeout_ms}};
	CURLcode r = CURLE_OK;

	for (size_t i = 0; i < sizeof(fixed_options) / sizeof(fixed_options[0]) && r == CURLE_OK; i++)
		r = curl_easy_setopt(easy, fixed_options[i].option, fixed_options[i].value);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && r == CURLE_OK; i++)
		r = curl_easy_setopt(easy, texts[i].option, texts[i].value);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && r == CURLE_OK; i++)
		r = curl_easy_setopt(easy, times[i].option, times[i].value > 0 ? (long)times[i].value : 1L);
	if (r == CURLE_OK)
		r = set_protocols(easy, terms->protocols);
	if (r == CURLE_OK)
		r = set_authorities(easy, terms->ca_file);
	return r == CURLE_OK && terms->connect_only ? set_connect_only(easy) : r;
}

bool handle_is_untrusted(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
}

const char *handle_verify_error(CURL *easy, CURLcode code)
{
	long result = 0;

	if (code == CURLE_SSL_CACERT_BADFILE)
		return "ca_file holds no usable certificates";
	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	for (size_t i = 0; i < sizeof(verify_errors) / sizeof(verify_errors[0]); i++)
		if (verify_errors[i].result == result)
			return verify_errors[i].error;
	return "the server's certificate was refused";
}
