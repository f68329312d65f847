#include "daemon/base/service.h"

#include "daemon/base/log.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define STATUS_USEC (5 * 1000000ULL)
#define ACCURACY_USEC 100000

struct service {
	const struct service_ops *ops;
	const char *config_path;
	sd_event *event;
	sd_event_source *status_timer, *watchdog_timer;
	struct config *config;
	uint64_t watchdog_usec; /* between two pings; 0: no watchdog */
	void *state;
};

static void log_warnings(const struct config *config)
{
	for (char **warning = config->warnings; *warning; warning++)
		log_warning("%s", *warning);
}

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void reload(struct service *s)
{
	char why[CONFIG_WHY_MAX];
	struct config *config = NULL;
	int r;

	/* Type=notify-reload wants the time at which the reload began. */
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now_usec());
	r = config_load(s->config_path, &config, why);
	if (r == 0)
		r = s->ops->reload(s->state, config, why);
	if (r < 0) {
		log_error("reload refused, the old configuration stays in force: %s", why);
		config_unref(config);
	} else {
		log_warnings(config);
		config_unref(s->config);
		s->config = config; /* transferred */
		log_notice("configuration reloaded from %s", s->config_path);
	}
	sd_notify(0, "READY=1");
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct service *s = userdata;

	(void)source;
	if (info->ssi_signo == SIGHUP)
		reload(s);
	else
		return sd_event_exit(s->event, 0);
	return 0;
}

static int on_status(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct service *s = userdata;
	char text[256] = "";

	(void)usec;
	s->ops->status(s->state, text, sizeof(text));
	sd_notifyf(0, "STATUS=%s", text);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return sd_event_source_set_time_relative(source, STATUS_USEC);
}

static void alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

static int on_watchdog(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct service *s = userdata;

	(void)usec;
	s->ops->ping(s->state, alive);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return sd_event_source_set_time_relative(source, s->watchdog_usec);
}

static int add_timer(struct service *s, sd_event_source **ret, uint64_t usec, sd_event_time_handler_t handler)
{
	return sd_event_add_time_relative(s->event, ret, CLOCK_MONOTONIC, usec, ACCURACY_USEC, handler, s);
}

static int add_sources(struct service *s)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	int r = 0;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && r >= 0; i++)
		r = sd_event_add_signal(s->event, NULL, signals[i], on_signal, s);
	if (r >= 0 && getenv("NOTIFY_SOCKET"))
		r = add_timer(s, &s->status_timer, 1, on_status);
	if (r >= 0 && sd_watchdog_enabled(0, &s->watchdog_usec) > 0) {
		s->watchdog_usec /= 3;
		r = add_timer(s, &s->watchdog_timer, s->watchdog_usec, on_watchdog);
	}
	return r;
}

/* Before any thread starts, so that all inherit the mask and the event loop alone hears the signals. */
static void block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD); /* sd_event_add_child(3) wants it */
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int run(struct service *s)
{
	char why[CONFIG_WHY_MAX] = "";
	int r = config_load(s->config_path, &s->config, why);

	if (r == 0) {
		log_warnings(s->config);
		r = sd_event_new(&s->event);
		if (r >= 0)
			r = s->ops->start(s->event, s->config, &s->state, why);
	}
	if (r >= 0)
		r = add_sources(s);
	if (r >= 0) {
		sd_notify(0, "READY=1");
		log_info("ready");
		r = sd_event_loop(s->event);
	}
	sd_notify(0, "STOPPING=1");
	if (r < 0)
		log_error("%s", why[0] ? why : strerror(-r));
	if (s->state)
		s->ops->stop(s->state);
	sd_event_source_disable_unref(s->status_timer);
	sd_event_source_disable_unref(s->watchdog_timer);
	sd_event_unref(s->event);
	config_unref(s->config);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void usage(FILE *out, const struct service_ops *ops)
{
	fprintf(out,
		"usage: %s [--config FILE] [--debug]\n"
		"%s\n\n"
		"  --config FILE  read FILE instead of " CONFIG_DEFAULT_FILE "\n"
		"  --debug        log each step\n"
		"  --help         this text\n"
		"  --version      the version\n",
		ops->program, ops->purpose);
}

int service_main(const struct service_ops *ops, int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"debug", no_argument, NULL, 'd'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{NULL, 0, NULL, 0}};
	struct service s = {.ops = ops, .config_path = CONFIG_DEFAULT_FILE};
	int debug = 0, option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'c':
			s.config_path = optarg;
			break;
		case 'd':
			debug = 1;
			break;
		case 'h':
			usage(stdout, ops);
			return EXIT_SUCCESS;
		case 'V':
			printf("%s %s\n", ops->program, PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr, ops);
			return 2;
		}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument: %s\n", ops->program, argv[optind]);
		usage(stderr, ops);
		return 2;
	}
	log_open(ops->program, debug);
	umask(0077);
	block_signals();
	return run(&s);
}
