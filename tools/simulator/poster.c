#include "tools/simulator/poster.h"
#include "tools/simulator/pause.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LANES (PROVIDERS + RECEIPT_RULES_MAX)
#define POSTS_MAX 256      /* under way or waiting for a retry */
#define SLOW_MS 250        /* a request that takes longer does not hold up the next */
#define PARALLEL_MAX 4     /* of a lane */
#define BATCH_WAIT_MS 2000 /* a batch that is not full goes after this */
#define RETRY_MS 100       /* doubles with each */
#define TIMEOUT_MS 10000L
#define SAMPLES 1000 /* answer times that are kept */
#define HTTP_STATUSES 600

/* Statuses that wait for a request: of a provider, or of a --receipt …=batch:N. */
struct lane {
	const struct notifier *notifier;
	unsigned batch; /* 0: whatever has gathered */
	struct notice *notices;
	size_t first, n, room; /* a ring; room is a power of two */
	uint64_t oldest_ms;
	unsigned under_way;
	uint64_t started_ms; /* the latest request */
};

struct post {
	struct lane *lane;
	struct posting posting;
	struct curl_slist *headers;
	CURL *easy;
	enum provider provider;
	unsigned attempts;
	size_t statuses;
	uint64_t started_ms, due_ms; /* due_ms: of the retry; 0: under way */
	struct post *next;
};

struct counts {
	uint64_t posted, statuses, retried, given_up, dropped;
	uint64_t answers[HTTP_STATUSES]; /* 0: none came */
};

struct poster {
	const struct options *options;
	CURLM *multi;
	struct lane lanes[LANES];
	struct post *posts;
	size_t posts_n, waiting;
	pthread_mutex_t lock; /* of what follows */
	struct counts counts[PROVIDERS];
	unsigned samples[SAMPLES];
	uint64_t samples_n;
};

struct poster *poster_new(const struct options *options, const struct notifier *const notifiers[static PROVIDERS])
{
	struct poster *poster = calloc(1, sizeof(*poster));

	if (!poster)
		return NULL;
	poster->options = options;
	poster->multi = curl_multi_init();
	if (!poster->multi) {
		free(poster);
		return NULL;
	}
	pthread_mutex_init(&poster->lock, NULL);
	for (size_t i = 0; i < PROVIDERS; i++)
		poster->lanes[i].notifier = notifiers[i];
	for (size_t i = 0; i < options->receipt_rules_n; i++) {
		poster->lanes[PROVIDERS + i].notifier = notifiers[options->receipt_rules[i].provider];
		poster->lanes[PROVIDERS + i].batch = options->receipt_rules[i].batch;
	}
	return poster;
}

static void post_free(struct poster *poster, struct post *post)
{
	if (post->easy) {
		curl_multi_remove_handle(poster->multi, post->easy);
		curl_easy_cleanup(post->easy);
	}
	curl_slist_free_all(post->headers);
	posting_free(&post->posting);
	free(post);
	poster->posts_n--;
}

static struct notice lane_take(struct poster *poster, struct lane *lane)
{
	struct notice notice = lane->notices[lane->first];

	lane->first = (lane->first + 1) & (lane->room - 1);
	lane->n--;
	poster->waiting--;
	return notice;
}

void poster_free(struct poster *poster)
{
	if (!poster)
		return;
	for (struct post *post = poster->posts, *next; post; post = next) {
		next = post->next;
		post_free(poster, post);
	}
	for (size_t i = 0; i < LANES; i++) {
		while (poster->lanes[i].n > 0)
			free(lane_take(poster, &poster->lanes[i]).message);
		free(poster->lanes[i].notices);
	}
	curl_multi_cleanup(poster->multi);
	pthread_mutex_destroy(&poster->lock);
	free(poster);
}

static bool lane_grow(struct lane *lane)
{
	size_t room = lane->room ? lane->room * 2 : 64;
	struct notice *notices = lane->n == lane->room ? calloc(room, sizeof(*notices)) : lane->notices;

	if (!notices || notices == lane->notices)
		return notices;
	for (size_t i = 0; i < lane->n; i++)
		notices[i] = lane->notices[(lane->first + i) & (lane->room - 1)];
	free(lane->notices);
	lane->notices = notices;
	lane->first = 0;
	lane->room = room;
	return true;
}

static void count(struct poster *poster, uint64_t *counter, uint64_t n)
{
	pthread_mutex_lock(&poster->lock);
	*counter += n;
	pthread_mutex_unlock(&poster->lock);
}

static bool is_told(const struct poster *poster, const struct notifier *notifier, const struct notice *notice)
{
	return notifier && notifier->words[notice->status] && notify_url(poster->options, notice->message) &&
	       (!notifier->wants || notifier->wants(notice->message, notice->status));
}

void poster_add(struct poster *poster, const struct notice *notice, const struct receipt_rule *rule)
{
	enum provider provider = notice->message->provider;
	size_t place = rule && rule->batch ? PROVIDERS + (size_t)(rule - poster->options->receipt_rules) : provider;
	struct lane *lane = &poster->lanes[place];
	bool told = is_told(poster, lane->notifier, notice);

	if (told && poster->waiting < POSTER_WAITING_MAX && lane_grow(lane)) {
		if (lane->n == 0)
			lane->oldest_ms = pause_now_ms();
		lane->notices[(lane->first + lane->n++) & (lane->room - 1)] = *notice;
		poster->waiting++;
		return;
	}
	if (told)
		count(poster, &poster->counts[provider].dropped, 1);
	free(notice->message);
}

static bool lane_may_start(const struct lane *lane, uint64_t now)
{
	size_t full = lane->notifier ? lane->notifier->batch_max : 0;

	if (lane->n == 0 || lane->under_way >= PARALLEL_MAX)
		return false;
	if (lane->batch && lane->n < lane->batch && now < lane->oldest_ms + BATCH_WAIT_MS)
		return false;
	return lane->under_way == 0 || lane->n >= full || now > lane->started_ms + SLOW_MS;
}

/* Takes those that can go in one request. */
static size_t lane_gather(struct poster *poster, struct lane *lane, struct notice *notices)
{
	size_t max = lane->batch && lane->batch < lane->notifier->batch_max ? lane->batch : lane->notifier->batch_max,
	       n = 0;
	const char *url = NULL;

	while (n < max && lane->n > 0) {
		const struct notice *next = &lane->notices[lane->first];
		const char *its = notify_url(poster->options, next->message);

		if (n > 0 && (next->flags & RECEIPT_ALONE || strcmp(url, its) != 0))
			break;
		url = its;
		notices[n++] = lane_take(poster, lane);
		if (notices[n - 1].flags & RECEIPT_ALONE)
			break;
	}
	lane->oldest_ms = pause_now_ms();
	return n;
}

static size_t swallow(char *data, size_t size, size_t n, void *context)
{
	(void)data;
	(void)context;
	return size * n;
}

static bool post_begin(struct poster *poster, struct post *post)
{
	CURL *easy = post->easy ? post->easy : curl_easy_init();

	if (!easy)
		return false;
	post->easy = easy;
	curl_easy_setopt(easy, CURLOPT_URL, post->posting.url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, post);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "whatsapp-otp-simulator/" PACKAGE_VERSION);
	if (poster->options->receipt_ca)
		curl_easy_setopt(easy, CURLOPT_CAINFO, poster->options->receipt_ca);
	if (post->posting.body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->posting.size);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->posting.body);
	}
	if (curl_multi_add_handle(poster->multi, easy) != CURLM_OK)
		return false;
	post->started_ms = post->lane->started_ms = pause_now_ms();
	post->due_ms = 0;
	post->attempts++;
	post->lane->under_way++;
	return true;
}

/* True: there is a post, which is under way. */
static bool post_compose(struct poster *poster, struct post *post, const struct notice *notices)
{
	if (!post->lane->notifier->compose(poster->options, post->lane->notifier, notices, post->statuses, time(NULL),
					   &post->posting))
		return false;
	post->headers = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; i < POSTING_HEADERS && post->headers; i++)
		if (post->posting.headers[i][0])
			post->headers = curl_slist_append(post->headers, post->posting.headers[i]);
	return post->headers && post_begin(poster, post);
}

static void lane_start(struct poster *poster, struct lane *lane, struct notice *notices)
{
	size_t n = lane_gather(poster, lane, notices);
	enum provider provider = notices[0].message->provider;
	struct post *post = calloc(1, sizeof(*post));
	bool ok = false;

	if (post) {
		*post = (struct post){.lane = lane, .provider = provider, .statuses = n};
		poster->posts_n++;
		ok = post_compose(poster, post, notices);
	}
	for (size_t i = 0; i < n; i++)
		free(notices[i].message);
	if (ok) {
		post->next = poster->posts;
		poster->posts = post;
		return;
	}
	count(poster, &poster->counts[provider].dropped, n);
	if (post)
		post_free(poster, post);
}

static void start_all(struct poster *poster, uint64_t now)
{
	static struct notice notices[RECEIPT_BATCH_MAX]; /* there is one thread */

	for (struct post *post = poster->posts; post; post = post->next)
		if (post->due_ms && post->due_ms <= now && !post_begin(poster, post))
			post->due_ms = now + RETRY_MS;
	for (size_t i = 0; i < LANES; i++)
		while (poster->posts_n < POSTS_MAX && lane_may_start(&poster->lanes[i], now))
			lane_start(poster, &poster->lanes[i], notices);
}

static void post_forget(struct poster *poster, struct post *post)
{
	struct post **link = &poster->posts;

	while (*link != post)
		link = &(*link)->next;
	*link = post->next;
	post_free(poster, post);
}

/* An answer has come, or none will. */
static void post_end(struct poster *poster, struct post *post)
{
	struct counts *counts = &poster->counts[post->provider];
	uint64_t now = pause_now_ms();
	long status = 0;
	bool ok, again;

	curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 0 || status >= HTTP_STATUSES)
		status = 0;
	ok = status >= 200 && status < 300;
	again = !ok && post->attempts < POSTER_ATTEMPTS;
	pthread_mutex_lock(&poster->lock);
	counts->posted++;
	counts->answers[status]++;
	counts->statuses += ok ? post->statuses : 0;
	counts->retried += again;
	counts->given_up += !ok && !again;
	poster->samples[poster->samples_n++ % SAMPLES] = (unsigned)(now - post->started_ms);
	pthread_mutex_unlock(&poster->lock);
	post->lane->under_way--;
	if (!again)
		return post_forget(poster, post);
	curl_multi_remove_handle(poster->multi, post->easy);
	post->due_ms = now + ((uint64_t)RETRY_MS << (post->attempts - 1));
}

static void end_all(struct poster *poster)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(poster->multi, &left))) {
		void *post = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &post);
		post_end(poster, post);
	}
}

/* When something is to be done without an answer coming. */
static uint64_t next_ms(const struct poster *poster, uint64_t until)
{
	for (const struct post *post = poster->posts; post; post = post->next)
		if (post->due_ms && post->due_ms < until)
			until = post->due_ms;
	for (size_t i = 0; i < LANES; i++) {
		const struct lane *lane = &poster->lanes[i];
		uint64_t due = lane->under_way ? lane->started_ms + SLOW_MS + 1 : lane->oldest_ms + BATCH_WAIT_MS;

		if (lane->n > 0 && due < until)
			until = due;
	}
	return until;
}

void poster_work(struct poster *poster, uint64_t until_ms)
{
	uint64_t now = pause_now_ms(), until;
	int running;

	start_all(poster, now);
	curl_multi_perform(poster->multi, &running);
	end_all(poster);
	start_all(poster, now); /* an answer that came at once makes room */
	until = next_ms(poster, until_ms);
	now = pause_now_ms();
	if (until > now)
		curl_multi_poll(poster->multi, NULL, 0, until - now > 60000 ? 60000 : (int)(until - now), NULL);
}

void poster_wake(struct poster *poster)
{
	curl_multi_wakeup(poster->multi);
}

static int compare(const void *a, const void *b)
{
	unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

	return (left > right) - (left < right);
}

static json_t *times_json(struct poster *poster)
{
	size_t n = poster->samples_n < SAMPLES ? (size_t)poster->samples_n : SAMPLES;
	unsigned sorted[SAMPLES] = {0};

	memcpy(sorted, poster->samples, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return json_pack("{s:i, s:i, s:i}", "p50", (int)sorted[n / 2], "p99", (int)sorted[n * 99 / 100], "max",
			 n ? (int)sorted[n - 1] : 0);
}

static void add_counts(struct counts *sum, const struct counts *counts)
{
	sum->posted += counts->posted;
	sum->statuses += counts->statuses;
	sum->retried += counts->retried;
	sum->given_up += counts->given_up;
	sum->dropped += counts->dropped;
	for (size_t i = 0; i < HTTP_STATUSES; i++)
		sum->answers[i] += counts->answers[i];
}

static json_t *counts_json(const struct counts *counts)
{
	json_t *answers = json_object();
	char name[8];

	for (size_t i = 0; i < HTTP_STATUSES; i++) {
		if (!counts->answers[i])
			continue;
		snprintf(name, sizeof(name), "%zu", i);
		json_object_set_new(answers, name, json_integer((json_int_t)counts->answers[i]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "posted", (json_int_t)counts->posted, "statuses",
			 (json_int_t)counts->statuses, "retried", (json_int_t)counts->retried, "given_up",
			 (json_int_t)counts->given_up, "dropped", (json_int_t)counts->dropped, "answers", answers);
}

json_t *poster_json(struct poster *poster)
{
	json_t *json, *providers = json_object();
	struct counts sum = {0};

	pthread_mutex_lock(&poster->lock);
	for (size_t i = 0; i < PROVIDERS; i++) {
		add_counts(&sum, &poster->counts[i]);
		if (poster->counts[i].posted || poster->counts[i].dropped)
			json_object_set_new(providers, provider_names[i], counts_json(&poster->counts[i]));
	}
	json = counts_json(&sum);
	json_object_set_new(json, "ms", times_json(poster));
	json_object_set_new(json, "providers", providers);
	pthread_mutex_unlock(&poster->lock);
	return json;
}

void poster_clear(struct poster *poster)
{
	pthread_mutex_lock(&poster->lock);
	memset(poster->counts, 0, sizeof(poster->counts));
	poster->samples_n = 0;
	pthread_mutex_unlock(&poster->lock);
}
