/* whatsapp-otp-simulator: a phone and its providers on loopback, for demos and tests. */
#include "tools/simulator/certificate.h"
#include "tools/simulator/listener.h"
#include "tools/simulator/options.h"
#include "tools/simulator/pause.h"
#include "tools/simulator/receipts.h"
#include "tools/simulator/route.h"
#include "tools/simulator/server.h"
#include "tools/simulator/telegram_bot.h"
#include "tools/simulator/vendors.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define PROGRAM "whatsapp-otp-simulator"

/* A descriptor that is readable when somebody wants the simulator to end. */
static int stop_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Each connection is a descriptor; the soft limit of most shells is below what a bench opens. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void wait_for_stop(int signals, struct pauses *pauses)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = pauses_fd(pauses), .events = POLLIN}};

	while (!fds[0].revents)
		if (poll(fds, 2, -1) > 0 && fds[1].revents)
			pauses_expire(pauses);
}

static void name_urls(struct simulator *simulator, unsigned port)
{
	const char *scheme = simulator->options->plain ? "http" : "https", *host = simulator->options->host;
	bool v6 = strchr(host, ':');

	snprintf(simulator->base_url, sizeof(simulator->base_url), "%s://%s%s%s:%u/", scheme, v6 ? "[" : "", host,
		 v6 ? "]" : "", port);
	snprintf(simulator->elsewhere, sizeof(simulator->elsewhere), "%s://localhost:%u/elsewhere", scheme, port);
}

static int serve(struct simulator *simulator, int listener, const struct certificate *certificate)
{
	int signals = stop_signals();
	struct pauses *pauses = pauses_new();
	const struct notifier *notifiers[PROVIDERS];
	struct server *server;

	vendors_notifiers(notifiers);
	simulator->receipts =
		pauses ? receipts_start(simulator->options, simulator->messages, pauses, notifiers) : NULL;
	server = simulator->receipts ? server_start(listener, certificate, simulator, pauses) : NULL;
	if (server) {
		printf("listening on %s\n", simulator->base_url);
		fflush(stdout);
		wait_for_stop(signals, pauses);
	} else {
		fprintf(stderr, PROGRAM ": the HTTP server cannot start; is its library built with TLS?\n");
		close(listener);
	}
	server_stop(server);
	receipts_stop(simulator->receipts);
	pauses_free(pauses);
	close(signals);
	return server ? 0 : -EIO;
}

/* The certificate that options want, if they want one. */
static int make_certificate(const struct options *options, struct certificate *ret)
{
	int r = options->plain ? 0 : certificate_make(options->host, ret);

	if (r < 0)
		fprintf(stderr, PROGRAM ": the certificate cannot be made; --plain does without.\n");
	return r;
}

static int write_certificate(const struct options *options, const struct certificate *certificate)
{
	int r = options->ca_out ? certificate_write(certificate, options->ca_out) : 0;

	if (r < 0)
		fprintf(stderr, PROGRAM ": --ca-out %s: cannot be written: %s.\n", options->ca_out, strerror(-r));
	return r;
}

/* The listening socket, or -errno. */
static int take_address(struct simulator *simulator)
{
	unsigned port;
	int fd = listener_open(&simulator->options->address, &port);

	if (fd < 0)
		fprintf(stderr, PROGRAM ": --listen %s: %s; give another port, or 0 for any free one.\n",
			simulator->options->listen, strerror(-fd));
	else
		name_urls(simulator, port);
	return fd;
}

static int run(struct simulator *simulator)
{
	const struct options *options = simulator->options;
	struct certificate certificate = {0};
	int listener = take_address(simulator), r = listener;

	if (listener < 0)
		return listener;
	r = make_certificate(options, &certificate);
	if (r == 0)
		r = write_certificate(options, &certificate);
	if (r == 0)
		r = serve(simulator, listener, options->plain ? NULL : &certificate);
	else
		close(listener);
	certificate_free(&certificate);
	return r;
}

int main(int argc, char *argv[])
{
	static struct options options;
	struct simulator simulator = {.options = &options};
	int r = options_parse(argc, argv, &options);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : r == -EINVAL ? 2 : EXIT_FAILURE;
	raise_descriptor_limit();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	simulator.messages = messages_new();
	simulator.tally = tally_new(route_names, route_names_n);
	simulator.account = account_new(&options);
	simulator.chats = bot_chats_new();
	r = simulator.messages && simulator.tally && simulator.account && simulator.chats ? run(&simulator) : -ENOMEM;
	bot_chats_free(simulator.chats);
	account_free(simulator.account);
	tally_free(simulator.tally);
	messages_free(simulator.messages);
	curl_global_cleanup();
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
