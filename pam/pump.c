#include "pam/pump.h"

#include "pam/host.h"
#include "wire/client.h"

#include <errno.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CORE_USER "whatsapp-otp"

/* sudo calls three times on one handle: only the first call may wait for a core that hangs (HOSTS.md 2.3). */
#define SILENCE_MS 10000
#define SILENCE_DATA "pam_whatsapp_otp silence "

struct pump {
	pam_handle_t *pamh;
	const struct arguments *arguments;
	const struct login_begin *login;
	char *detail; /* WIRE_TEXT_MAX bytes */
	int fd;
	uint64_t deadline; /* of this round's waits for the core */
	struct ask ask;
	struct login_answer answer;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void pump_start_round(struct pump *p)
{
	p->deadline = now_ms() + WIRE_CONNECT_MS + p->arguments->timeout_ms;
}

static unsigned pump_wait_ms(const struct pump *p, unsigned at_most)
{
	uint64_t now = now_ms();
	uint64_t left = p->deadline > now ? p->deadline - now : 0;

	return left < at_most ? (unsigned)left : at_most;
}

static void pump_hang_up(struct pump *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void pump_finish(struct pump *p)
{
	pump_hang_up(p);
	explicit_bzero(&p->answer, sizeof(p->answer));
}

static void pump_trace(const struct pump *p, const char *step)
{
	if (p->arguments->debug)
		pam_syslog(p->pamh, LOG_DEBUG, "%s: %s", p->login->user, step);
}

static enum situation pump_fail(struct pump *p, int r)
{
	errno = -r;
	snprintf(p->detail, WIRE_TEXT_MAX, "%s: %m", p->arguments->socket);
	return result_of_errno(r);
}

/* Waits for the core to ask (SITUATION_TALKING, p->ask is filled) or to be done. */
static enum situation pump_hear(struct pump *p)
{
	char data[WIRE_DATAGRAM_MAX];
	ssize_t length = wire_receive(p->fd, data, pump_wait_ms(p, p->arguments->timeout_ms));
	char why[WIRE_WHY_MAX];
	struct done done;

	if (length <= 0)
		return pump_fail(p, length < 0 ? (int)length : -ECONNRESET);
	if (wire_is(&wire_ask, data, (size_t)length)) {
		if (wire_decode(&wire_ask, data, (size_t)length, &p->ask, why) == 0)
			return SITUATION_TALKING;
	} else if (wire_decode(&wire_done, data, (size_t)length, &done, why) == 0) {
		memcpy(p->detail, done.reason, sizeof(done.reason));
		return (enum situation)done.result;
	}
	snprintf(p->detail, WIRE_TEXT_MAX, "%s: %s", p->arguments->socket, why);
	return SITUATION_GARBLED;
}

static enum situation pump_say(struct pump *p, const struct wire_message *message, const void *in)
{
	int r = wire_send_message(p->fd, message, in);

	return r < 0 ? pump_fail(p, r) : pump_hear(p);
}

static enum situation pump_begin(struct pump *p)
{
	pump_hang_up(p);
	p->fd = wire_connect(p->arguments->socket, 0, pump_wait_ms(p, WIRE_CONNECT_MS));
	if (p->fd == -EPERM) {
		/* Where no supervisor listens for it, the core does. Looked up only then: it reads the whole passwd. */
		const struct passwd *core = pam_modutil_getpwnam(p->pamh, CORE_USER);

		if (core)
			p->fd = wire_connect(p->arguments->socket, core->pw_uid, pump_wait_ms(p, WIRE_CONNECT_MS));
	}
	if (p->fd < 0)
		return pump_fail(p, p->fd);
	pump_trace(p, "connected");
	return pump_say(p, &wire_login_begin, p->login);
}

/* What may be sent of what was typed: SITUATION_TALKING, or why it may not. */
static enum situation judge_answer(const struct pump *p, const char *text)
{
	const void *password = NULL;

	if (host_refuses(text))
		return SITUATION_BLOCKED;
	if (pam_get_item(p->pamh, PAM_AUTHTOK, &password) == PAM_SUCCESS && password && text[0] &&
	    strcmp(text, password) == 0)
		return SITUATION_PASSWORD;
	if (strlen(text) >= sizeof(p->answer.text) || !wire_text_ok(text, strlen(text)))
		return SITUATION_UNFIT_ANSWER;
	return SITUATION_TALKING;
}

/* One prompt. Fills p->answer. */
static enum situation pump_prompt(struct pump *p)
{
	enum situation situation;
	char *text = NULL;
	int r = pam_prompt(p->pamh, PAM_PROMPT_ECHO_OFF, &text, "%s", p->ask.prompt);

	if (r != PAM_SUCCESS)
		situation = r == PAM_BUF_ERR ? SITUATION_NO_MEMORY : SITUATION_CONVERSATION;
	else
		situation = text ? judge_answer(p, text) : SITUATION_NO_ANSWER;
	if (situation == SITUATION_TALKING) {
		memcpy(p->answer.challenge, p->ask.challenge, sizeof(p->answer.challenge));
		memcpy(p->answer.text, text, strlen(text) + 1);
		pump_trace(p, "answered");
	}
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return situation;
}

static enum situation pump_answer(struct pump *p)
{
	enum situation situation = pump_say(p, &wire_login_answer, &p->answer);

	if (situation != SITUATION_LOST)
		return situation;
	pump_trace(p, "lost, connecting again");
	situation = pump_begin(p);
	if (situation == SITUATION_ABSENT)
		return SITUATION_LOST;
	if (situation != SITUATION_TALKING || strcmp(p->ask.challenge, p->answer.challenge) != 0)
		return situation;
	/* It may have taken the answer before it went: a right code works once, a wrong one costs a second try. */
	return pump_say(p, &wire_login_answer, &p->answer);
}

static enum situation pump_talk(struct pump *p)
{
	enum situation situation;

	pump_start_round(p);
	situation = pump_begin(p);
	for (unsigned round = 0; situation == SITUATION_TALKING; round++) {
		if (round == PUMP_ROUNDS_MAX)
			return SITUATION_ENDLESS;
		situation = pump_prompt(p);
		if (situation != SITUATION_TALKING)
			break;
		pump_start_round(p);
		situation = pump_answer(p);
		explicit_bzero(&p->answer, sizeof(p->answer));
	}
	return situation;
}

static void silence_forget(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

static void silence_remember(pam_handle_t *pamh, const char *name)
{
	uint64_t *since = malloc(sizeof(*since));

	if (!since)
		return;
	*since = now_ms();
	if (pam_set_data(pamh, name, since, silence_forget) != PAM_SUCCESS)
		free(since);
}

static bool silence_recent(const pam_handle_t *pamh, const char *name)
{
	const void *since;

	return pam_get_data(pamh, name, &since) == PAM_SUCCESS && since &&
	       now_ms() - *(const uint64_t *)since < SILENCE_MS;
}

enum situation pump_run(pam_handle_t *pamh, const struct arguments *arguments, const struct login_begin *login,
			char detail[static WIRE_TEXT_MAX])
{
	__attribute__((cleanup(pump_finish))) struct pump pump = {
		.pamh = pamh, .arguments = arguments, .login = login, .detail = detail, .fd = -1};
	char silence[sizeof(SILENCE_DATA) + sizeof(((struct sockaddr_un *)0)->sun_path)];
	enum situation situation;

	detail[0] = '\0';
	snprintf(silence, sizeof(silence), SILENCE_DATA "%s", arguments->socket);
	if (silence_recent(pamh, silence))
		return SITUATION_STILL_SILENT;
	situation = pump_talk(&pump);
	if (situation == SITUATION_SILENT)
		silence_remember(pamh, silence);
	return situation;
}
