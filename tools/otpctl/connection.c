#include "tools/otpctl/connection.h"

#include "tools/otpctl/output.h"
#include "wire/client.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define CORE_USER "whatsapp-otp"

static const struct {
	int error;
	const char *sentence;
} errors[] = {
	{ENOENT, "the core does not run; start it (systemctl start whatsapp-otpd), or name its socket by --socket"},
	{ECONNREFUSED, "the core does not run; start it (systemctl start whatsapp-otpd)"},
	{EACCES, "permission denied; run as root or as a member of the group whatsapp-otp-admin"},
	{EPERM, "the server is neither root nor " CORE_USER "; it is not trusted, find out who listens there"},
	{ETIMEDOUT, "the core does not answer; look at systemctl status whatsapp-otpd"},
	{ENAMETOOLONG, "not a socket's path; it must have 1 to 107 bytes"},
	{EPROTOTYPE, "is a socket of another kind; --socket wants the core's admin.sock"},
	{EPIPE, "the core closed the connection; look at systemctl status whatsapp-otpd"},
	{ECONNRESET, "the core closed the connection; look at systemctl status whatsapp-otpd"},
	{EBADMSG, "the answer is not of the protocol; are whatsapp-otpctl and the core of one version?"},
	{EMSGSIZE, "the answer is not of the protocol; are whatsapp-otpctl and the core of one version?"},
};

const char *connection_sentence(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].sentence;
	return strerror(error);
}

static int unreachable(const struct connection *connection, int error)
{
	if (!connection->quiet)
		output_error("%s: %s: %s", connection->command, connection->path, connection_sentence(error));
	return EXIT_UNREACHABLE;
}

int connection_open(struct otpctl *ctl, struct connection *ret)
{
	const struct passwd *core = getpwnam(CORE_USER);

	ret->path = otpctl_socket(ctl);
	ret->command = ctl->command;
	ret->timeout_ms = WIRE_REPLY_MS;
	ret->fd = wire_connect(ret->path, core ? core->pw_uid : 0, WIRE_CONNECT_MS);
	if (ret->fd < 0)
		return unreachable(ret, -ret->fd);
	return EXIT_OK;
}

void connection_close(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}

int connection_send(struct connection *connection, const struct wire_message *message, const void *in)
{
	int r = wire_send_message(connection->fd, message, in);

	return r < 0 ? unreachable(connection, -r) : EXIT_OK;
}

/* One datagram of a kind that is expected here. */
static int receive_datagram(struct connection *connection, char data[static WIRE_DATAGRAM_MAX], size_t *length)
{
	ssize_t n = wire_receive(connection->fd, data, connection->timeout_ms);

	if (n <= 0)
		return unreachable(connection, n < 0 ? (int)-n : EPIPE);
	*length = (size_t)n;
	return EXIT_OK;
}

static int decode(const struct connection *connection, const struct wire_message *message, const char *data,
		  size_t length, void *out)
{
	char why[WIRE_WHY_MAX];

	if (wire_decode(message, data, length, out, why) == 0)
		return EXIT_OK;
	if (!connection->quiet)
		output_error("%s: %s: the core's answer: %s; are whatsapp-otpctl and the core of one version?",
			     connection->command, connection->path, why);
	return EXIT_UNREACHABLE;
}

int connection_receive(struct connection *connection, struct answer *ret)
{
	char data[WIRE_DATAGRAM_MAX];
	size_t length;
	int status = receive_datagram(connection, data, &length);

	*ret = (struct answer){0};
	if (status != EXIT_OK)
		return status;
	if (wire_is(&wire_done, data, length))
		return decode(connection, &wire_done, data, length, &ret->done);
	if (!wire_is(&wire_ask, data, length))
		return unreachable(connection, EBADMSG);
	ret->is_ask = true;
	return decode(connection, &wire_ask, data, length, &ret->ask);
}

/* One item of a list: large enough for each kind. */
union item {
	struct enrolment_item enrolment;
	struct challenge_item challenge;
	struct delivery_item delivery;
	struct alarm_item alarm;
	struct breaker_item breaker;
	struct stat_item stat;
	struct route_step step;
	struct health health;
};

int connection_call(struct connection *connection, const struct wire_message *message, const void *in,
		    const struct wire_message *item, connection_item each, void *userdata, struct done *ret)
{
	int status = connection_send(connection, message, in);

	while (status == EXIT_OK) {
		char data[WIRE_DATAGRAM_MAX];
		size_t length;
		union item out;

		status = receive_datagram(connection, data, &length);
		if (status != EXIT_OK)
			break;
		if (wire_is(&wire_done, data, length))
			return decode(connection, &wire_done, data, length, ret);
		if (!item || !wire_is(item, data, length))
			return unreachable(connection, EBADMSG);
		status = decode(connection, item, data, length, &out);
		if (status == EXIT_OK)
			each(userdata, item, &out);
	}
	return status;
}

int connection_once(struct otpctl *ctl, const struct wire_message *message, const void *in,
		    const struct wire_message *item, connection_item each, void *userdata, struct done *ret)
{
	struct connection connection = CONNECTION_CLOSED;
	int status = connection_open(ctl, &connection);

	if (status == EXIT_OK)
		status = connection_call(&connection, message, in, item, each, userdata, ret);
	connection_close(&connection);
	return status;
}

void connection_print_json(void *userdata, const struct wire_message *message, const void *item)
{
	(void)userdata;
	output_json(output_json_of(message, item));
}

bool connection_user(const struct otpctl *ctl, struct admin_user *ret)
{
	*ret = (struct admin_user){.reveal = ctl->options.reveal};
	return otpctl_copy(ret->user, sizeof(ret->user), ctl->arguments[0], "USER") &&
	       otpctl_copy(ret->channel, sizeof(ret->channel), ctl->options.channel, "--channel");
}

int connection_result(const struct otpctl *ctl, const char *user, const struct done *done)
{
	static const char *const sentences[] = {
		[RESULT_DENY] = "refused",
		[RESULT_ALLOW] = "done",
		[RESULT_IGNORE] = "ignored",
		[RESULT_LOCKED] = "locked",
		[RESULT_UNAVAILABLE] = "the core could not do it; look at whatsapp-otpctl health",
	};

	if (ctl->options.json)
		output_json(json_pack("{s:s, s:s, s:s, s:s}", "op", ctl->command, "user", user, "result",
				      result_names[done->result], "reason", done->reason));
	if (done->result == RESULT_ALLOW)
		return EXIT_OK;
	output_error("%s%s%s: %s", ctl->command, *user ? " " : "", user,
		     done->reason[0] ? done->reason : sentences[done->result]);
	return EXIT_REFUSED;
}

int connection_end_of_list(const struct otpctl *ctl, const char *user, const struct done *done)
{
	if (done->result == RESULT_ALLOW)
		return EXIT_OK;
	return connection_result(ctl, user, done);
}
