/* The sockets, the core behind them, and what it says about its key, its database, its sender and the channels. */
#include "tools/otpctl/doctor.h"
#include "tools/otpctl/health.h"
#include "wire/client.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOGIN_SOCKET "/run/whatsapp-otp/login.sock"
#define SENDER_SOCKET "/run/whatsapp-otp/sender.sock"

struct socket_rule {
	const char *name, *path;
	mode_t must, must_not; /* bits of the mode */
	const char *otherwise;
};

static uid_t uid_of(const char *user)
{
	const struct passwd *entry = getpwnam(user);

	return entry ? entry->pw_uid : 0;
}

static bool owner_is_ours(const struct doctor *doctor, uid_t owner)
{
	const char *sender = doctor->config ? doctor->config->core.sender_user : "whatsapp-otp-sender";

	return owner == 0 || owner == geteuid() || owner == uid_of("whatsapp-otp") || owner == uid_of(sender);
}

/* True if the socket is there and as it should be. */
static bool check_socket(struct doctor *doctor, const struct socket_rule *rule)
{
	struct stat st;

	if (lstat(rule->path, &st) < 0)
		doctor_report(doctor, VERDICT_FAIL, rule->name, "start it: systemctl start whatsapp-otpd", "%s: %s",
			      rule->path, errno == ENOENT ? "is missing, the core does not run" : strerror(errno));
	else if (!S_ISSOCK(st.st_mode))
		doctor_report(doctor, VERDICT_FAIL, rule->name, "remove it and start the core", "%s: is not a socket",
			      rule->path);
	else if (!owner_is_ours(doctor, st.st_uid))
		doctor_report(doctor, VERDICT_FAIL, rule->name, "find out who made it, then restart the core",
			      "%s: belongs to uid %u, neither root nor the core", rule->path, (unsigned)st.st_uid);
	else if ((st.st_mode & rule->must) != rule->must || (st.st_mode & rule->must_not) != 0)
		doctor_report(doctor, VERDICT_FAIL, rule->name, "restart the core, or correct SocketMode= of its unit",
			      "%s: has mode %04o, %s", rule->path, (unsigned)(st.st_mode & 07777), rule->otherwise);
	else
		return true;
	return false;
}

/* Connects, and so proves that somebody trustworthy listens. -1 after a report. */
static int check_answer(struct doctor *doctor, const struct socket_rule *rule)
{
	int fd = wire_connect(rule->path, uid_of("whatsapp-otp"), WIRE_CONNECT_MS);

	if (fd >= 0)
		return fd;
	doctor_report(doctor, VERDICT_FAIL, rule->name, NULL, "%s: %s", rule->path, connection_sentence(-fd));
	return -1;
}

static void check_login_socket(struct doctor *doctor, const char *path)
{
	const struct socket_rule rule = {"login socket", path, 0666, 0,
					 "not 0666, so programs that run as users cannot log in"};
	int fd = check_socket(doctor, &rule) ? check_answer(doctor, &rule) : -1;

	if (fd < 0)
		return;
	close(fd);
	doctor_report(doctor, VERDICT_OK, rule.name, NULL, "%s takes connections", path);
}

/* Only looked at: whoever connects to it is taken for the sender. */
static void check_sender_socket(struct doctor *doctor, const char *path)
{
	const struct socket_rule rule = {"sender socket", path, 0600, 0007,
					 "not 0600, so others could pose as the sender"};

	if (check_socket(doctor, &rule))
		doctor_report(doctor, VERDICT_OK, rule.name, NULL, "%s is for the sender only", path);
}

void doctor_check_sockets(struct doctor *doctor)
{
	const struct config *config = doctor->config;

	check_login_socket(doctor, config ? config->core.login_socket : LOGIN_SOCKET);
	check_sender_socket(doctor, config ? config->core.sender_socket : SENDER_SOCKET);
}

static void on_health(void *userdata, const struct wire_message *message, const void *item)
{
	const struct health *h = item;
	enum verdict verdict = strcmp(h->state, "ok") == 0         ? VERDICT_OK
			       : strcmp(h->state, "degraded") == 0 ? VERDICT_WARN
								   : VERDICT_FAIL;

	(void)message;
	doctor_report(userdata, verdict, h->name, verdict == VERDICT_OK ? NULL : "look at the journal of the daemons",
		      "%s%s%s", h->state, h->detail[0] ? ", " : "", h->detail);
}

void doctor_check_core(struct doctor *doctor)
{
	const struct socket_rule rule = {"admin socket", otpctl_socket(doctor->ctl), 0600, 0007,
					 "not 0660, so others could enrol numbers"};
	struct connection connection = {.path = rule.path, .timeout_ms = WIRE_REPLY_MS, .command = "doctor"};
	struct done done;

	connection.fd = check_socket(doctor, &rule) ? check_answer(doctor, &rule) : -1;
	if (connection.fd < 0)
		return;
	if (health_ask(&connection, true, on_health, doctor, &done) != EXIT_OK)
		doctor_report(doctor, VERDICT_FAIL, "core", "look at systemctl status whatsapp-otpd",
			      "%s: did not say how it is", rule.path);
	else if (done.result != RESULT_ALLOW)
		doctor_report(doctor, VERDICT_FAIL, "core", NULL, "%s: %s", rule.path,
			      done.reason[0] ? done.reason : "refused to say how it is");
	else
		doctor_report(doctor, VERDICT_OK, "core", NULL, "answers at %s", rule.path);
	connection_close(&connection);
}
