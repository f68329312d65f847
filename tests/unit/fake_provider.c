#include "tests/unit/fake_provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char empty[] = "", post[] = "POST", form[] = "form", *no_list[] = {NULL};

const struct config_channel fake_section = {
	.name = empty,
	.driver = empty,
	.kind_name = empty,
	.base_url = empty,
	.ca_file = empty,
	.timeout = 10,
	.token = empty,
	.password = empty,
	.user = empty,
	.account = empty,
	.callback_url = empty,
	.phone_number_id = empty,
	.waba_id = empty,
	.api_version = empty,
	.template = empty,
	.language = empty,
	.languages = no_list,
	.messaging_service = empty,
	.content_sid = empty,
	.mode = empty,
	.template_id = empty,
	.mail_from = empty,
	.bot_name = empty,
	.url = empty,
	.method = post,
	.headers = no_list,
	.secret = empty,
	.body_type = form,
	.body = empty,
	.sender = empty,
	.success_status = 200,
	.success_pointer = empty,
	.success_value = empty,
	.id_pointer = empty,
	.error_pointer = empty,
	.errors = no_list,
	.poll_url = empty,
	.poll_method = empty,
	.poll_body = empty,
	.poll_pointer = empty,
	.poll_states = no_list,
	.path = empty,
	.file = "test.conf",
	.line = 1,
};

static void provider_start(struct http *http, const struct http_request *request, struct http_call *call)
{
	struct fake_provider *p = (struct fake_provider *)http;
	size_t used = 0;

	p->requests++;
	memcpy(p->first_url, p->url, sizeof(p->url));
	memcpy(p->first_body, p->body, sizeof(p->body));
	p->connect_only = request->connect_only;
	snprintf(p->method, sizeof(p->method), "%s", request->method);
	snprintf(p->url, sizeof(p->url), "%s", request->url);
	snprintf(p->body, sizeof(p->body), "%s", request->body ? request->body : "");
	p->headers[0] = '\0';
	for (const char *const *header = request->headers; header && *header; header++)
		used += (size_t)snprintf(p->headers + used, sizeof(p->headers) - used, "%s\n", *header);
	if (p->hold) {
		p->held = call;
	} else {
		struct http_answer answer = p->queued ? p->next[0] : p->answer;

		if (p->queued)
			memmove(p->next, p->next + 1, --p->queued * sizeof(p->next[0]));
		call->done(call, &answer);
	}
}

static void provider_cancel(struct http *http, struct http_call *call)
{
	struct fake_provider *p = (struct fake_provider *)http;

	(void)call;
	p->cancelled++;
	p->held = NULL;
}

void fake_provider_init(struct fake_provider *provider)
{
	*provider = (struct fake_provider){.http = {.start = provider_start, .cancel = provider_cancel}};
	fake_provider_says(provider, 200, "{}");
}

static struct http_answer answer_of(long status, const char *body)
{
	return (struct http_answer){
		.outcome = HTTP_ANSWERED,
		.status = status,
		.body = body,
		.length = strlen(body),
		.error = "",
	};
}

void fake_provider_says(struct fake_provider *provider, long status, const char *body)
{
	provider->answer = answer_of(status, body);
}

void fake_provider_queues(struct fake_provider *provider, long status, const char *body)
{
	if (provider->queued == sizeof(provider->next) / sizeof(provider->next[0]))
		abort();
	provider->next[provider->queued++] = answer_of(status, body);
}

char *fake_secret(const char *text)
{
	char path[] = "/tmp/otp-secret-XXXXXX", *reference;
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, 0400) < 0 ||
	    asprintf(&reference, "file:%s", path) < 0)
		abort();
	close(fd);
	return reference;
}

void fake_secret_remove(char *reference)
{
	unlink(strchr(reference, '/'));
	free(reference);
}

static void on_answered(struct channel_call *call, const struct channel_answer *answer)
{
	struct fake_call *fake = (struct fake_call *)call;

	fake->answer = *answer;
	fake->count++;
}

struct fake_call fake_send(const struct channel_ops *ops, void *channel, const struct channel_message *message)
{
	struct fake_call fake = {.call = {.answered = on_answered, .channel = channel}};

	ops->send(&fake.call, message);
	return fake;
}

struct fake_call fake_probe(const struct channel_ops *ops, void *channel)
{
	struct fake_call fake = {.call = {.answered = on_answered, .channel = channel, .question = true}};

	ops->probe(&fake.call, 1000);
	return fake;
}

struct fake_call fake_poll(const struct channel_ops *ops, void *channel, const char *message_id)
{
	struct fake_call fake = {.call = {.answered = on_answered, .channel = channel, .question = true}};

	ops->poll(&fake.call, message_id, 1000);
	return fake;
}

struct fake_call fake_revoke(const struct channel_ops *ops, void *channel, const char *to, const char *message_id)
{
	struct fake_call fake = {.call = {.answered = on_answered, .channel = channel, .question = true}};

	ops->revoke(&fake.call, to, message_id, 1000);
	return fake;
}

struct fake_call fake_links(const struct channel_ops *ops, void *channel, const struct channel_link_listener *listener)
{
	struct fake_call fake = {.call = {.answered = on_answered, .channel = channel, .question = true}};

	ops->look_for_links(&fake.call, listener, 1000);
	return fake;
}
