/* daemon/core/challenge: what people type, how long they wait for a new code, how long they are locked out. */
#include "daemon/base/clock.h"
#include "daemon/core/challenge.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MINUTES(n) ((n)*60 * SECOND)

static const struct {
	const char *text;
	enum answer_kind kind;
	const char *code;
} answers[] = {
	{"123456", ANSWER_CODE, "123456"},
	{"000000", ANSWER_CODE, "000000"},
	{" 123 456 ", ANSWER_CODE, "123456"},
	{"123-456", ANSWER_CODE, "123456"},
	{"1 2-3\t4 5 6", ANSWER_CODE, "123456"},
	{"٤٥٦٧٨٩", ANSWER_CODE, "456789"},
	{"٠١٢ ٣٤٥", ANSWER_CODE, "012345"},
	{"۰۱۲۳۴۵۶۷۸۹", ANSWER_CODE, "0123456789"},
	{"०१२३४५६७८९", ANSWER_CODE, "0123456789"},
	{"12٣۴५6", ANSWER_CODE, "123456"},
	{"7", ANSWER_CODE, "7"},
	{"123456789012345", ANSWER_CODE, "123456789012345"},
	{"1234567890123456", ANSWER_OTHER, NULL},
	{"", ANSWER_EMPTY, ""},
	{"  \t ", ANSWER_EMPTY, ""},
	{"-", ANSWER_EMPTY, ""},
	{"r", ANSWER_RESEND, ""},
	{"R", ANSWER_RESEND, ""},
	{"  r ", ANSWER_RESEND, ""},
	{"s", ANSWER_NEXT_CHANNEL, ""},
	{"S\t", ANSWER_NEXT_CHANNEL, ""},
	{"?", ANSWER_HELP, ""},
	{" ? ", ANSWER_HELP, ""},
	{"rr", ANSWER_OTHER, NULL},
	{"r2d2", ANSWER_OTHER, NULL},
	{"r 2", ANSWER_OTHER, NULL},
	{"s ecret", ANSWER_OTHER, NULL},
	{"? 123456", ANSWER_OTHER, NULL},
	{"??", ANSWER_OTHER, NULL},
	{"password", ANSWER_OTHER, NULL},
	{"correct horse 123456", ANSWER_OTHER, NULL},
	{"123456x", ANSWER_OTHER, NULL},
	{"+123456", ANSWER_OTHER, NULL},
	{"123.456", ANSWER_OTHER, NULL},
	{"\b\n\r\177INCORRECT", ANSWER_OTHER, NULL}, /* sshd for a user that it refuses */
	{"\xd9", ANSWER_OTHER, NULL},                /* cut inside a digit */
	{"\xe0\xa5", ANSWER_OTHER, NULL},
	{"123\xe0\xa5", ANSWER_OTHER, NULL},
	{"\xd9\xaa", ANSWER_OTHER, NULL}, /* beside the digits */
	{"\xd9\x9f", ANSWER_OTHER, NULL},
	{"\xff\xfe", ANSWER_OTHER, NULL},
};

static void what_was_typed_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char code[WIRE_CODE_MAX];
		enum answer_kind kind = answer_parse(answers[i].text, code);

		if (kind != answers[i].kind)
			fail_msg("\"%s\" is %d", answers[i].text, (int)kind);
		if (answers[i].code)
			assert_string_equal(code, answers[i].code);
	}
}

static void a_flood_of_anything_is_no_code(void **state)
{
	static const char fillers[] = "1r x-\xd9";
	char text[401], code[WIRE_CODE_MAX];

	(void)state;
	for (size_t i = 0; fillers[i]; i++) {
		enum answer_kind kind;

		memset(text, fillers[i], 400);
		text[400] = '\0';
		kind = answer_parse(text, code);
		assert_true(kind == ANSWER_OTHER || (kind == ANSWER_EMPTY && strchr(" -", fillers[i])));
	}
}

static void a_new_code_waits_longer_each_time(void **state)
{
	static const int64_t ladder[] = {0, 30, 60, 120, 900, 900, 900};
	struct config_limits limits = {.resend_cooldown = {30, 60, 120, 900}, .resend_cooldown_count = 4};
	struct challenge c = {.last_send = 1000 * SECOND};

	(void)state;
	for (c.sends = 0; c.sends < 7; c.sends++) {
		int64_t wait = ladder[c.sends] * SECOND;

		assert_int_equal(challenge_resend_wait(&c, &limits, c.last_send), wait);
		assert_int_equal(challenge_resend_wait(&c, &limits, c.last_send + wait), 0);
		if (wait > 0)
			assert_int_equal(challenge_resend_wait(&c, &limits, c.last_send + wait - 1), 1);
	}
}

static void ten_in_a_row_lock_for_half_an_hour_then_longer(void **state)
{
	static const struct {
		int64_t failures, minutes;
	} rows[] = {{0, 0},    {1, 0},    {9, 0},    {10, 30},   {11, 0},    {19, 0},    {20, 60},   {30, 120},
		    {40, 240}, {50, 480}, {60, 960}, {70, 1440}, {80, 1440}, {90, 1440}, {100, 1440}};
	struct config_limits limits = {.lock_after = 10, .lock_time = 1800, .lock_time_max = 86400};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(challenge_lock_time(&limits, rows[i].failures), MINUTES(rows[i].minutes));
	limits.lock_after = 1;
	assert_int_equal(challenge_lock_time(&limits, 1), MINUTES(30));
	assert_int_equal(challenge_lock_time(&limits, 2), MINUTES(60));
	assert_int_equal(challenge_lock_time(&limits, 100), MINUTES(1440));
}

#define HEX "00112233445566778899aabbccddeeff00112233"

static void an_id_travels_as_hex(void **state)
{
	static const char *const refused[] = {"",
					      "00",
					      "00112233445566778899aabbccddeeff001122",
					      HEX "0",
					      HEX "44",
					      "00112233445566778899AABBCCDDEEFF00112233",
					      "00112233445566778899aabbccddeefg00112233",
					      " 0112233445566778899aabbccddeeff00112233",
					      "0x112233445566778899aabbccddeeff00112233"};
	unsigned char id[KEYS_ID_SIZE], back[KEYS_ID_SIZE];
	char text[WIRE_ID_MAX];

	(void)state;
	for (size_t i = 0; i < KEYS_ID_SIZE; i++)
		id[i] = (unsigned char)(17 * (i % 16));
	challenge_id_format(id, text);
	assert_string_equal(text, HEX);
	assert_int_equal(challenge_id_parse(text, back), 0);
	assert_memory_equal(id, back, KEYS_ID_SIZE);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(challenge_id_parse(refused[i], back), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_typed_is_understood),
		cmocka_unit_test(a_flood_of_anything_is_no_code),
		cmocka_unit_test(a_new_code_waits_longer_each_time),
		cmocka_unit_test(ten_in_a_row_lock_for_half_an_hour_then_longer),
		cmocka_unit_test(an_id_travels_as_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
