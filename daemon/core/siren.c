#include "daemon/core/siren.h"

#include "daemon/base/log.h"
#include "daemon/base/log_ids.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define KINDS_MAX 32
#define QUIET_USEC (3600 * SECOND)
#define RUNNING_MAX 4 /* programs that hang must not become many */

struct siren {
	struct core *core;
	int64_t started[KINDS_MAX]; /* by the place of the kind in log_ids; 0: never */
	sd_event_source *running[RUNNING_MAX];
};

/* The kind's place, KINDS_MAX for one that has none. */
static size_t place_of(const char *kind)
{
	size_t i = 0;

	while (log_ids[i].kind && strcmp(log_ids[i].kind, kind) != 0)
		i++;
	return log_ids[i].kind && i < KINDS_MAX ? i : KINDS_MAX;
}

static int on_exit_of_program(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct siren *s = userdata;

	if (info->si_code != CLD_EXITED || info->si_status != 0)
		log_warning("alarm { exec }: the program ended with %s %d",
			    info->si_code == CLD_EXITED ? "status" : "signal", info->si_status);
	for (size_t i = 0; i < RUNNING_MAX; i++)
		if (s->running[i] == source)
			s->running[i] = NULL;
	sd_event_source_unref(source);
	return 0;
}

static int spawn(char *const *arguments, char *const *environment, pid_t *ret)
{
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int r = posix_spawnattr_init(&attributes);

	if (r != 0)
		return -r;
	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(ret, arguments[0], NULL, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

/* Where the next program is remembered; NULL: too many run already, of which the first has to end now. */
static sd_event_source **find_place(struct siren *s)
{
	pid_t pid;

	for (size_t i = 0; i < RUNNING_MAX; i++)
		if (!s->running[i])
			return &s->running[i];
	if (sd_event_source_get_child_pid(s->running[0], &pid) >= 0)
		kill(pid, SIGKILL);
	return NULL;
}

static int start_program(struct siren *s, const struct reply_alarm *alarm)
{
	char kind[96], subject[WIRE_TEXT_MAX + 32], text[WIRE_TEXT_MAX + 32], host[96];
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = {path, kind, subject, text, host, NULL};
	sd_event_source **place = find_place(s);
	pid_t pid;
	int r;

	if (!place)
		return -EBUSY;
	snprintf(kind, sizeof(kind), "WHATSAPP_OTP_ALARM=%s", alarm->kind);
	snprintf(subject, sizeof(subject), "WHATSAPP_OTP_SUBJECT=%s", alarm->subject);
	snprintf(text, sizeof(text), "WHATSAPP_OTP_TEXT=%s", alarm->text);
	snprintf(host, sizeof(host), "WHATSAPP_OTP_HOST=%s", s->core->hostname);
	r = spawn(s->core->config->alarm.exec, environment, &pid);
	if (r < 0)
		return r;
	r = sd_event_add_child(s->core->event, place, pid, WEXITED, on_exit_of_program, s);
	if (r < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return r < 0 ? r : 0;
}

void siren_sound(struct siren *s, const struct reply_alarm *alarm)
{
	size_t place = place_of(alarm->kind);
	int64_t now = core_now(s->core);
	int r;

	log_alarm(alarm->kind, alarm->subject, alarm->text);
	if (!s->core->config->alarm.exec[0] || place == KINDS_MAX ||
	    (s->started[place] != 0 && now - s->started[place] < QUIET_USEC))
		return;
	r = start_program(s, alarm);
	if (r != -EBUSY)
		s->started[place] = now;
	if (r < 0)
		log_error("alarm { exec }: %s: %s", s->core->config->alarm.exec[0], strerror(-r));
}

int siren_new(struct core *core, struct siren **ret)
{
	struct siren *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->core = core;
	*ret = s;
	return 0;
}

void siren_free(struct siren *s)
{
	for (size_t i = 0; s && i < RUNNING_MAX; i++)
		sd_event_source_disable_unref(s->running[i]);
	free(s);
}
