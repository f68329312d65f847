/* The core's sockets, by real connections on a loop whose clock the test moves. */
#include "daemon/core/server.h"
#include "wire/client.h"
#include "wire/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static struct {
	char folder[64];
	sd_event *event;
	struct config *config;
	struct server *server;
	int64_t later; /* how far the test has moved the clock */
	struct clock kernel;
	int stderr_kept;
} core;

static int64_t moved_now(const struct clock *clock)
{
	(void)clock;
	return core.kernel.now(&core.kernel) + core.later;
}

static void path_of(const char *name, char path[static 128])
{
	snprintf(path, 128, "%s/%s", core.folder, name);
}

static void write_file(const char *name, mode_t mode, const char *text)
{
	char path[128];
	int fd;

	path_of(name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void configure(void)
{
	char text[2048], path[128], why[CONFIG_WHY_MAX];

	snprintf(
		text, sizeof(text),
		"core { state_dir = \"%1$s/state\" master_key = \"file:%1$s/key\" login_socket = \"%1$s/login.sock\"\n"
		" admin_socket = \"%1$s/admin.sock\" sender_socket = \"%1$s/sender.sock\" sender_user = root hostname "
		"= web1 webhook_socket = \"%1$s/webhook.sock\" webhook_user = root }\n"
		"webhook { listen = \"127.0.0.1:1\" }\nalarm { exec = {\"/bin/sh\", \"-c\", \"echo $WHATSAPP_OTP_ALARM:"
		"$WHATSAPP_OTP_SUBJECT >>%1$s/alarms\"} }\n"
		"channel \"whatsapp\" { driver = whatsapp_cloud }\nchannel \"sms\" { driver = http }\n",
		core.folder);
	write_file("conf", 0600, text);
	write_file("key", 0400, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
	path_of("conf", path);
	if (config_load(path, &core.config, why) < 0)
		fail_msg("%s", why);
}

static int start(void **state)
{
	char path[128], why[CONFIG_WHY_MAX] = "";
	struct clock clock;

	(void)state;
	memset(&core, 0, sizeof(core));
	strcpy(core.folder, "/tmp/whatsapp-otp-server-XXXXXX");
	assert_non_null(mkdtemp(core.folder));
	assert_int_equal(chmod(core.folder, 0711), 0);
	path_of("state", path);
	assert_int_equal(mkdir(path, 0700), 0);
	configure();
	assert_int_equal(clock_system(&core.kernel), 0);
	clock = core.kernel;
	clock.now = moved_now;
	assert_true(sd_event_new(&core.event) >= 0);
	if (server_start(core.event, core.config, &clock, &core.server, why) < 0)
		fail_msg("%s", why);
	path_of("log", path);
	core.stderr_kept = dup(STDERR_FILENO);
	assert_non_null(freopen(path, "w", stderr));
	return 0;
}

static int stop(void **state)
{
	static const char *const names[] = {"conf", "key", "log", "state/whatsapp-otp.db", "state"};
	char path[128];

	path_of("alarms", path);
	unlink(path); /* where there was one */

	(void)state;
	server_stop(core.server);
	sd_event_unref(core.event);
	config_unref(core.config);
	fflush(stderr);
	dup2(core.stderr_kept, STDERR_FILENO);
	close(core.stderr_kept);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(names[i], path);
		assert_int_equal(remove(path), 0);
	}
	return rmdir(core.folder);
}

/* Lets the core work for a while. */
static void turn(unsigned ms)
{
	int64_t end = core.kernel.now(&core.kernel) + (int64_t)ms * 1000;

	while (core.kernel.now(&core.kernel) < end)
		assert_true(sd_event_run(core.event, 5000) >= 0);
}

static int dial(const char *name)
{
	char path[128];
	int fd;

	path_of(name, path);
	fd = wire_connect(path, geteuid(), 1000);
	assert_true(fd >= 0);
	turn(20);
	return fd;
}

static void say(int fd, const struct wire_message *message, const void *in)
{
	assert_int_equal(wire_send_message(fd, message, in), 0);
	turn(20);
}

/* The next datagram; it must be this message. */
static void hear(int fd, const struct wire_message *message, void *out)
{
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	ssize_t length = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	if (length <= 0)
		fail_msg("no op=%s, but %s", message->op, length == 0 ? "the end" : "nothing");
	if (wire_decode(message, data, (size_t)length, out, why) < 0)
		fail_msg("%s: %.*s", why, (int)length, data);
}

static bool has_ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static bool log_holds(const char *text)
{
	char path[128], log[16384];
	ssize_t n;
	int fd;

	path_of("log", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, log, sizeof(log) - 1);
	close(fd);
	log[n > 0 ? n : 0] = '\0';
	return strstr(log, text) != NULL;
}

static void who_types_slowly_is_waited_for(void **state)
{
	struct enroll enroll = {.user = "alice", .phone = "+966501234534"};
	int sender = dial("sender.sock"), admin = dial("admin.sock");
	struct enroll_answer answer = {0};
	struct send send;
	struct done done;
	struct ask ask;

	(void)state;
	say(admin, &wire_enroll, &enroll);
	hear(admin, &wire_ask, &ask);
	hear(sender, &wire_send, &send);
	core.later += 120 * SECOND;
	turn(1300); /* the sweep comes once a second */
	snprintf(answer.challenge, sizeof(answer.challenge), "%s", ask.challenge);
	snprintf(answer.text, sizeof(answer.text), "%s", send.code);
	say(admin, &wire_enroll_answer, &answer);
	hear(admin, &wire_done, &done);
	assert_int_equal(done.result, RESULT_ALLOW);
	close(admin);
	close(sender);
}

static void who_says_nothing_is_shown_out(void **state)
{
	int silent = dial("login.sock");

	(void)state;
	core.later += 6 * SECOND;
	turn(1300);
	assert_true(has_ended(silent));
	close(silent);
}

/* As when the core hung: what waits for it is from people who gave up long ago. */
static void who_has_gone_is_not_decided(void **state)
{
	struct login_begin begin = {.user = "alice", .service = "sshd", .tty = "ssh", .rhost = "192.0.2.1"};
	struct challenge_item challenge;
	struct admin_user all = {0};
	struct done done;
	char path[128];
	int fd, admin;

	(void)state;
	path_of("login.sock", path);
	fd = wire_connect(path, geteuid(), 1000);
	assert_true(fd >= 0);
	assert_int_equal(wire_send_message(fd, &wire_login_begin, &begin), 0);
	close(fd);
	admin = dial("admin.sock");
	say(admin, &wire_challenges, &all);
	hear(admin, &wire_done, &done);

	fd = dial("login.sock"); /* who waits is */
	say(fd, &wire_login_begin, &begin);
	say(admin, &wire_challenges, &all);
	hear(admin, &wire_challenge, &challenge);
	hear(admin, &wire_done, &done);
	close(fd);
	close(admin);
}

static void a_sender_that_dies_in_a_probe_is_told_once(void **state)
{
	struct health ok = {.name = "whatsapp", .state = "ok"}, ask = {0}, known = {.state = "known"}, item;
	int sender = dial("sender.sock"), admin = dial("admin.sock");
	struct done done;

	(void)state;
	say(sender, &wire_health, &ok);
	assert_int_equal(shutdown(sender, SHUT_RD), 0); /* the core notices when it writes */
	for (int again = 0; again < 2; again++) {
		say(admin, &wire_health, again ? &known : &ask);
		hear(admin, &wire_health, &item);
		assert_string_equal(item.name, "store");
		hear(admin, &wire_health, &item);
		assert_string_equal(item.name, "sender");
		assert_string_equal(item.state, "failed");
		hear(admin, &wire_health, &item);
		assert_string_equal(item.name, "webhook");
		hear(admin, &wire_done, &done);
	}
	assert_int_equal(recv(admin, &item, sizeof(item), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(admin);
	close(sender);
}

static bool webhook_is_told(int admin, const char *state)
{
	struct health known = {.state = "known"}, item;
	struct done done;
	bool told = false;

	say(admin, &wire_health, &known);
	for (int i = 0; i < 3; i++) { /* the store, the sender, the webhook */
		hear(admin, &wire_health, &item);
		told = told || (strcmp(item.name, "webhook") == 0 && strcmp(item.state, state) == 0);
	}
	hear(admin, &wire_done, &done);
	return told;
}

static void a_webhook_that_stays_away_is_missed(void **state)
{
	int admin = dial("admin.sock"), sender = dial("sender.sock"), first = dial("webhook.sock"), webhook;
	struct admin_user all = {0};
	struct alarm_item alarm;
	struct done done;

	(void)state;
	assert_true(webhook_is_told(admin, "ok"));
	webhook = dial("webhook.sock"); /* a restarted one takes the place of the other */
	turn(50);
	assert_true(has_ended(first));
	assert_true(webhook_is_told(admin, "ok"));
	close(webhook);
	turn(50);
	assert_true(webhook_is_told(admin, "failed"));
	core.later += 40 * SECOND;
	turn(1300);
	say(admin, &wire_alarms, &all);
	hear(admin, &wire_done, &done); /* that may still be a restart */
	close(admin);
	core.later += 21 * SECOND;
	turn(1300);
	admin = dial("admin.sock");
	say(admin, &wire_alarms, &all);
	hear(admin, &wire_alarm, &alarm);
	assert_string_equal(alarm.kind, "webhook");
	hear(admin, &wire_done, &done);
	close(admin);
	close(sender);
	close(first);
}

/* As nobody: begins for itself with a story, types a code. */
static void boast(void)
{
	struct login_begin begin = {.user = "nobody", .service = "sshd", .tty = "ssh", .rhost = "198.51.100.7"};
	struct login_answer answer = {.text = "123456"};
	char path[128], data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	struct ask ask;
	ssize_t n;
	int fd;

	begin.first_factor = FIRST_FACTOR_PUBLICKEY;
	path_of("login.sock", path);
	fd = wire_connect(path, 0, 1000);
	if (fd < 0 || wire_send_message(fd, &wire_login_begin, &begin) < 0)
		_exit(1);
	n = wire_receive(fd, data, 2000);
	if (n <= 0 || wire_decode(&wire_ask, data, (size_t)n, &ask, why) < 0)
		_exit(2);
	snprintf(answer.challenge, sizeof(answer.challenge), "%s", ask.challenge);
	if (wire_send_message(fd, &wire_login_answer, &answer) < 0 || wire_receive(fd, data, 2000) <= 0)
		_exit(3);
	_exit(0);
}

static void what_a_program_says_of_itself_is_not_logged(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	child = fork();
	if (child == 0) {
		if (setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(4);
		boast();
	}
	while (waitpid(child, &status, WNOHANG) == 0)
		turn(10);
	assert_int_equal(status, 0);
	assert_true(log_holds("nobody: unprivileged sshd by uid 65534: deny: "));
	assert_false(log_holds("198.51.100.7"));
	assert_false(log_holds("publickey"));
}

/* Receipts */

/* Enrols alice on the way: what is sent is her code. */
static void begin_enrolment(int admin, int sender, struct send *send)
{
	struct enroll enroll = {.user = "alice", .phone = "+966501234534"};
	struct sent sent = {.message_id = "wamid.x"};
	struct ask ask;

	say(admin, &wire_enroll, &enroll);
	hear(admin, &wire_ask, &ask);
	hear(sender, &wire_send, send);
	assert_string_equal(send->channel, "whatsapp");
	memcpy(sent.id, send->id, sizeof(sent.id));
	say(sender, &wire_sent, &sent);
}

static void a_failed_receipt_is_followed_by_an_sms_at_once(void **state)
{
	int sender = dial("sender.sock"), admin = dial("admin.sock"), webhook = dial("webhook.sock");
	struct receipt receipt = {
		.provider = "meta",
		.state = RECEIPT_FAILED,
		.why = {.code = "190", .alarm = ALARM_NOW, .breaker = BREAKER_CHANNEL, .failure = FAILURE_CONFIG}};
	struct send first, second;
	char path[128], alarm[64] = "";
	int fd;

	(void)state;
	begin_enrolment(admin, sender, &first);
	memcpy(receipt.id, first.id, sizeof(receipt.id));
	say(webhook, &wire_receipt, &receipt);
	hear(sender, &wire_send, &second); /* within the 20 ms that say() waits */
	assert_string_equal(second.channel, "sms");
	assert_string_equal(second.code, first.code);
	assert_true(log_holds("alarm: channel: whatsapp: 190"));
	turn(200);
	assert_false(log_holds("alarm { exec }")); /* its end was seen, and was a good one */
	path_of("alarms", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(fd, alarm, sizeof(alarm) - 1) > 0);
	close(fd);
	assert_string_equal(alarm, "channel:whatsapp\n");
	close(admin);
	close(sender);
	close(webhook);
}

/* The items of a list up to its end. */
static unsigned count_breakers(int admin)
{
	struct admin_user all = {0};
	char data[WIRE_DATAGRAM_MAX];
	unsigned count = 0;
	ssize_t length;

	say(admin, &wire_breakers, &all);
	while ((length = recv(admin, data, sizeof(data), MSG_DONTWAIT)) > 0 &&
	       wire_is(&wire_breaker, data, (size_t)length))
		count++;
	assert_true(length > 0 && wire_is(&wire_done, data, (size_t)length));
	return count;
}

static void a_breaker_closes_when_the_probed_channel_works(void **state)
{
	int sender = dial("sender.sock"), admin = dial("admin.sock"), webhook = dial("webhook.sock");
	struct receipt receipt = {.provider = "meta",
				  .state = RECEIPT_FAILED,
				  .why = {.code = "190", .breaker = BREAKER_CHANNEL, .failure = FAILURE_CONFIG}};
	struct health health = {.name = "whatsapp", .state = "ok"}, asked;
	struct send send;

	(void)state;
	begin_enrolment(admin, sender, &send);
	memcpy(receipt.id, send.id, sizeof(receipt.id));
	say(webhook, &wire_receipt, &receipt);
	hear(sender, &wire_send, &send);
	assert_int_equal(count_breakers(admin), 1);
	say(sender, &wire_health, &health); /* not asked: it may be from before */
	assert_int_equal(count_breakers(admin), 1);
	core.later += 61 * SECOND;
	turn(1300);
	hear(sender, &wire_health, &asked);
	assert_string_equal(asked.name, "whatsapp");
	say(sender, &wire_health, &health);
	assert_int_equal(count_breakers(admin), 0);
	close(admin);
	close(sender);
	close(webhook);
}

static void signals_and_nonsense_on_the_webhooks_socket(void **state)
{
	int sender = dial("sender.sock"), admin = dial("admin.sock"), webhook = dial("webhook.sock");
	struct signal signal = {.provider = "meta", .kind = SIGNAL_NOT_REQUESTED, .message_id = "wamid.x"};
	struct receipt unknown = {.provider = "meta", .id = "0000", .state = RECEIPT_DELIVERED};
	struct alarm_item alarm;
	struct admin_user all = {0};
	struct login_begin login = {.user = "alice", .service = "sshd"};
	struct done done;

	(void)state;
	say(webhook, &wire_receipt, &unknown);
	say(webhook, &wire_login_begin, &login); /* not what this socket is for */
	say(webhook, &wire_signal, &signal);     /* about nobody */
	assert_false(has_ended(webhook));
	say(admin, &wire_alarms, &all);
	hear(admin, &wire_done, &done);
	memcpy(signal.phone, "+966501234534", 14);
	signal.kind = SIGNAL_ACCOUNT;
	strcpy(signal.subject, "account_update");
	strcpy(signal.event, "DISABLED_UPDATE");
	signal.alarm = ALARM_NOW;
	say(webhook, &wire_signal, &signal);
	say(admin, &wire_alarms, &all);
	hear(admin, &wire_alarm, &alarm);
	assert_string_equal(alarm.kind, "account");
	hear(admin, &wire_done, &done);
	close(admin);
	close(sender);
	close(webhook);
}

/* More receipts than the database takes at once wait in the socket; none is lost. */
static void a_flood_of_receipts_is_taken_in_turn(void **state)
{
	int sender = dial("sender.sock"), admin = dial("admin.sock"), webhook = dial("webhook.sock");
	struct receipt receipt = {.provider = "meta", .state = RECEIPT_DELIVERED};
	struct deliveries ask = {0};
	struct delivery_item delivery;
	struct send send;
	unsigned told = 0;

	(void)state;
	begin_enrolment(admin, sender, &send);
	strcpy(receipt.id, "0000");
	for (unsigned i = 0; i < 5000; i++) {
		if (i == 4999)
			memcpy(receipt.id, send.id, sizeof(receipt.id));
		while (wire_send_message(webhook, &wire_receipt, &receipt) == -EAGAIN)
			turn(1);
		told++;
	}
	assert_int_equal(told, 5000);
	turn(500);
	snprintf(ask.challenge, sizeof(ask.challenge), "%.40s", send.id);
	say(admin, &wire_deliveries, &ask);
	hear(admin, &wire_delivery, &delivery);
	assert_string_equal(delivery.state, "delivered");
	close(admin);
	close(sender);
	close(webhook);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(who_types_slowly_is_waited_for),
		TEST(who_says_nothing_is_shown_out),
		TEST(who_has_gone_is_not_decided),
		TEST(a_sender_that_dies_in_a_probe_is_told_once),
		TEST(a_webhook_that_stays_away_is_missed),
		TEST(what_a_program_says_of_itself_is_not_logged),
		TEST(a_failed_receipt_is_followed_by_an_sms_at_once),
		TEST(a_breaker_closes_when_the_probed_channel_works),
		TEST(signals_and_nonsense_on_the_webhooks_socket),
		TEST(a_flood_of_receipts_is_taken_in_turn),
	};

	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL); /* as service_main() does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
