/*
 * daemon/core/engine against a model: 20,000 random acts of three users, two services and two addresses. The model is
 * written from the design, not from the code; after each act both agree on what was answered and what was sent.
 */
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>

enum { USERS = 3, SERVICES = 2, SOURCES = 2, SEATS = USERS * SERVICES * SOURCES, STEPS = 20000 };
enum { TTL = 300, TRIES = 3, FALLBACK = 25, LOCK_AFTER = 10, DISABLE_AFTER = 100, UNANSWERED = 5 };

static const struct config_rate user_rates[] = {{3, 600}, {10, 3600}}, number_rates[] = {{4, 600}, {12, 3600}},
				source_rates[] = {{2, 3600}}, host_rates[] = {{40, 3600}}, backoff_rates[] = {{1, 900}};
static const char config_of_model[] = "policy \"sudo\" { services = {sudo} send = ask }\n"
				      "limits { per_user = {3/10min, 10/1h} per_number = {4/10min, 12/1h}"
				      " per_source = {2/1h} global = {40/1h} }";
static const char *const phones[USERS] = {"+966512345634", "+4915112345678", "+966512345634"}; /* two share one */

/* A leaking bucket: each event pours one step in, and it overflows above count steps. */
struct bucket {
	int64_t level[2], at[2];
};

enum plan { PLAN_NONE, PLAN_WAITS, PLAN_PAUSED };
enum state { STATE_NONE, STATE_OPEN, STATE_USED, STATE_BURNED, STATE_EXPIRED };

struct user {
	int64_t failures, locked_until, unanswered;
	struct bucket sends, backoff;
	int64_t seen[SOURCES]; /* when the address counted this user, 0: never */
};

struct seat {
	struct person person;
	struct user *user;
	int source;
	bool asks; /* send = ask */
	enum state state;
	int64_t expires, last_send, code_sent;
	int sends, tries, compared, accepted;
	enum plan plan;
	int64_t plan_due;
	bool plan_pretended;
	char old_code[WIRE_CODE_MAX];
	int serial; /* of the challenge and its generation */
};

static struct fixture f;
static struct user users[USERS];
static struct seat seats[SEATS];
static struct bucket numbers[USERS], sources[SOURCES], host;
static unsigned messages, codes_sent, extra, locks, accepted;
static struct {
	struct seat *seat; /* whose first delivery the last message was; NULL: a fallback */
	int serial;
	bool reported;
} last;

static uint64_t random_state = 0x9e3779b97f4a7c15;

static unsigned draw(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)((random_state >> 11) % below);
}

/* The model */

static int64_t filled(const struct bucket *b, size_t i)
{
	int64_t level = b->level[i] - (f.clock.now - b->at[i]);

	return level > 0 ? level : 0;
}

/* pour: false asks only. */
static bool fits(struct bucket *b, const struct config_rate *rates, size_t count, bool pour)
{
	for (size_t i = 0; i < count; i++) {
		int64_t step = rates[i].period * SECOND / rates[i].count;
		int64_t level = filled(b, i) + step;

		if (level > step * rates[i].count)
			return false;
		if (pour) {
			b->level[i] = level;
			b->at[i] = f.clock.now;
		}
	}
	return true;
}

static bool is_locked(const struct user *u)
{
	return u->locked_until > f.clock.now || u->failures >= DISABLE_AFTER;
}

static struct bucket *number_of(const struct user *u)
{
	return &numbers[strcmp(phones[u - users], phones[0]) == 0 ? 0 : 1];
}

static bool budget(struct seat *s, bool pour)
{
	struct user *u = s->user;
	int64_t *seen = &u->seen[s->source];
	bool counts = *seen == 0 || f.clock.now - *seen >= 3600 * SECOND;
	bool ok = fits(&u->sends, user_rates, COUNT(user_rates), pour) &&
		  fits(number_of(u), number_rates, COUNT(number_rates), pour) &&
		  fits(&host, host_rates, COUNT(host_rates), pour) &&
		  (!counts || fits(&sources[s->source], source_rates, COUNT(source_rates), pour)) &&
		  (u->unanswered < UNANSWERED || fits(&u->backoff, backoff_rates, COUNT(backoff_rates), pour));

	if (pour && counts)
		*seen = f.clock.now;
	return ok;
}

static bool cooled_down(const struct seat *s)
{
	static const int64_t ladder[] = {30, 60, 120, 900};

	return s->sends == 0 || f.clock.now >= s->last_send + ladder[s->sends > 4 ? 3 : s->sends - 1] * SECOND;
}

/* A new code, by the channel first and those behind it. */
static void model_send(struct seat *s, int first)
{
	bool pretends = is_locked(s->user);

	if (!cooled_down(s) || (!pretends && !budget(s, false)))
		return;
	s->sends++;
	s->last_send = f.clock.now;
	s->expires = f.clock.now + TTL * SECOND;
	s->plan = first == 0 ? PLAN_WAITS : PLAN_NONE;
	s->plan_due = f.clock.now + FALLBACK * SECOND;
	s->plan_pretended = pretends;
	s->serial++;
	if (pretends)
		return;
	assert_true(budget(s, true));
	s->user->unanswered++;
	s->code_sent = f.clock.now;
	messages++;
	codes_sent++;
	last.seat = s;
	last.serial = s->serial;
	last.reported = false;
}

/* The fallback goes out. */
static void model_fall_back(struct seat *s)
{
	s->plan = PLAN_NONE;
	if (s->state != STATE_OPEN || s->expires <= f.clock.now || is_locked(s->user))
		return;
	messages++;
	extra += s->plan_pretended;
	last.seat = NULL;
}

static void model_pause(struct seat *s)
{
	if (s->plan == PLAN_WAITS)
		s->plan = PLAN_PAUSED;
}

static void model_close(struct seat *s, enum state state)
{
	s->state = state;
	s->plan = PLAN_NONE;
}

static void model_begin(struct seat *s)
{
	if (s->state != STATE_OPEN || s->expires <= f.clock.now) {
		s->state = STATE_OPEN;
		s->expires = f.clock.now + TTL * SECOND;
		s->sends = s->tries = s->compared = s->accepted = 0;
		s->plan = PLAN_NONE;
		s->serial++;
		s->old_code[0] = '\0';
	}
	if (s->sends > 0 && s->plan == PLAN_PAUSED)
		s->plan = PLAN_WAITS;
	else if (s->sends == 0 && !s->asks)
		model_send(s, 0);
}

static enum result model_wrong(struct seat *s)
{
	struct user *u = s->user;

	if (u->failures % LOCK_AFTER == 0) {
		int64_t minutes = 30;

		for (int64_t i = LOCK_AFTER; i < u->failures && minutes < 1440; i += LOCK_AFTER)
			minutes *= 2;
		u->locked_until = f.clock.now + (minutes < 1440 ? minutes : 1440) * 60 * SECOND;
		locks++;
	}
	if (s->tries < TRIES)
		return RESULT_DENY;
	model_close(s, STATE_BURNED);
	return RESULT_LOCKED;
}

static enum result model_code(struct seat *s, bool right)
{
	struct user *u = s->user;

	if (s->state != STATE_OPEN)
		return s->state == STATE_BURNED ? RESULT_LOCKED : RESULT_DENY;
	if (s->expires <= f.clock.now) {
		model_close(s, STATE_EXPIRED);
		return RESULT_DENY;
	}
	if (s->tries >= TRIES)
		return RESULT_LOCKED;
	s->tries++;
	if (is_locked(u)) {
		if (s->tries == TRIES)
			model_close(s, STATE_BURNED);
		return RESULT_LOCKED;
	}
	u->failures++;
	s->compared++;
	if (!right || s->sends == 0)
		return model_wrong(s);
	u->failures = u->locked_until = u->unanswered = 0;
	model_close(s, STATE_USED);
	return RESULT_ALLOW;
}

/* Acts */

static const char *code_of(const struct seat *s)
{
	static char code[WIRE_CODE_MAX];
	struct challenge c = fixture_challenge(&f, s->person.challenge);

	assert_int_equal(keys_code(f.keys, c.id, c.generation, c.user, c.service, c.code_length, code), 0);
	return code;
}

static void begins(struct seat *s)
{
	assert_int_equal(person_begins(&s->person), 0);
	assert_int_equal(s->person.reply.kind, REPLY_ASK);
	model_begin(s);
}

static void types_code(struct seat *s, const char *text)
{
	bool right = strcmp(text, code_of(s)) == 0;
	char typed[WIRE_CODE_MAX];
	enum result expected;

	snprintf(typed, sizeof(typed), "%s", text);
	assert_int_equal(person_types(&s->person, typed), 0);
	expected = model_code(s, right);
	model_pause(s);
	expect_result(&s->person, expected);
	/* What must hold whatever the model says. */
	assert_in_range(s->compared, 0, TRIES);
	if (s->person.reply.done.result == RESULT_ALLOW) {
		accepted++;
		assert_true(right);
		assert_int_equal(++s->accepted, 1);
		assert_true(s->plan_pretended || f.clock.now - s->code_sent < TTL * SECOND);
	}
}

static void types_command(struct seat *s, const char *text)
{
	bool ends = s->state != STATE_OPEN || (!text[0] && s->sends > 0);
	char before[WIRE_CODE_MAX];
	int serial = s->serial;

	snprintf(before, sizeof(before), "%s", code_of(s));
	assert_int_equal(person_types(&s->person, text), 0);
	assert_int_equal(s->person.reply.kind, ends ? REPLY_DONE : REPLY_ASK);
	if (ends)
		model_pause(s);
	else if (s->sends == 0 || text[0] == 'r')
		model_send(s, text[0] == 's');
	else if (s->plan != PLAN_NONE && s->expires > f.clock.now)
		model_fall_back(s);
	if (s->serial != serial && s->sends > 1)
		snprintf(s->old_code, sizeof(s->old_code), "%s", before);
}

static void time_passes(void)
{
	static const int64_t spans[] = {1,           1000,        SECOND,       5 * SECOND,   5 * SECOND,   24 * SECOND,
					30 * SECOND, 60 * SECOND, 299 * SECOND, 300 * SECOND, 1800 * SECOND};

	f.clock.now += draw(500) == 0 ? 86400 * SECOND : spans[draw(COUNT(spans))];
}

static void timer_looks(void)
{
	fixture_deliver(&f);
	for (size_t i = 0; i < SEATS; i++)
		if (seats[i].plan == PLAN_WAITS && seats[i].plan_due <= f.clock.now)
			model_fall_back(&seats[i]);
}

static void sender_reports(bool failed)
{
	struct seat *s = last.seat;

	if (f.messages == 0)
		return;
	if (failed)
		fixture_report_failed(&f, (enum failure)draw(4));
	else
		fixture_report_sent(&f);
	if (failed && s && !last.reported && s->serial == last.serial && s->state == STATE_OPEN)
		s->plan_due = f.clock.now;
	last.reported = true;
}

static void admin_unlocks(struct user *u)
{
	assert_int_equal(store_enrolment_clear(f.tx, seats[(u - users) * SERVICES * SOURCES].person.begin.user, 0), 0);
	u->failures = u->locked_until = u->unanswered = 0;
}

static void act(void)
{
	struct seat *s = &seats[draw(SEATS)];
	unsigned what = draw(1000);

	if (what < 250)
		time_passes();
	else if (what < 330)
		timer_looks();
	else if (what < 380)
		sender_reports(what < 355);
	else if (what < 382)
		admin_unlocks(s->user);
	else if (what < 383)
		fixture_restart(&f, "this-boot");
	else if (what < 620 || s->state == STATE_NONE)
		begins(s);
	else if (what < 740)
		types_code(s, code_of(s));
	else if (what < 820)
		types_code(s, strcmp(code_of(s), "111111") == 0 ? "222222" : "111111");
	else if (what < 850 && s->old_code[0])
		types_code(s, s->old_code);
	else if (what < 880 && seats[0].state != STATE_NONE)
		types_code(s, code_of(&seats[0]));
	else if (what < 940)
		types_command(s, what < 920 ? "r" : "s");
	else if (what < 970)
		types_command(s, "");
	else {
		person_leaves(&s->person);
		model_pause(s);
	}
}

static void sit_down(void)
{
	static const char *const names[USERS] = {"alice", "bob", "carol"}, *const services[SERVICES] = {"sshd", "sudo"},
				 *const addresses[SOURCES] = {"192.0.2.1", "2001:db8::1"};

	for (int u = 0; u < USERS; u++)
		fixture_enroll(&f, names[u], phones[u]);
	for (int i = 0; i < SEATS; i++) {
		struct seat *s = &seats[i];
		struct login_begin *begin = &s->person.begin;

		s->user = &users[i / (SERVICES * SOURCES)];
		s->source = i % SOURCES;
		s->asks = i / SOURCES % SERVICES == 1;
		s->person = person_by_ssh(&f, names[s->user - users]);
		snprintf(begin->service, sizeof(begin->service), "%s", services[s->asks]);
		snprintf(begin->rhost, sizeof(begin->rhost), "%s", addresses[s->source]);
	}
}

static void the_engine_does_what_the_design_says(void **state)
{
	(void)state;
	fixture_open(&f, config_of_model);
	f.batch = true;
	sit_down();
	for (int step = 0; step < STEPS; step++) {
		act();
		if (f.messages != messages)
			fail_msg("step %d: %u messages instead of %u", step, f.messages, messages);
		if (step % 500 == 0)
			fixture_commit(&f);
	}
	/* The walk has been everywhere. */
	print_message("%u codes in %u messages, %u accepted, %u locks\n", codes_sent, messages, accepted, locks);
	assert_true(codes_sent > 500 && messages > codes_sent && accepted > 100 && locks > 5);
	/* Beyond two messages a code there is at most what a lock that has just ended lets through. */
	assert_true(extra <= locks && messages <= 2 * codes_sent + extra);
	for (int u = 0; u < USERS; u++)
		assert_int_equal(fixture_enrolment(&f, seats[u * SERVICES * SOURCES].person.begin.user).failures,
				 users[u].failures);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_engine_does_what_the_design_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
