/* wire/codec: what may stand in a datagram, and that nothing else gets in or out. */
#include "wire/proto.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct wire_message *const messages[] = {
	&wire_login_begin, &wire_login_answer, &wire_ask,        &wire_done,       &wire_enroll,    &wire_enroll_answer,
	&wire_list,        &wire_show,         &wire_set,        &wire_suspend,    &wire_resume,    &wire_unlock,
	&wire_remove,      &wire_test,         &wire_challenges, &wire_deliveries, &wire_enrolment, &wire_challenge,
	&wire_delivery,    &wire_send,         &wire_sent,       &wire_failed,     &wire_health,
};
#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

union any {
	struct login_begin login_begin;
	struct login_answer login_answer;
	struct ask ask;
	struct done done;
	struct enrolment_item enrolment;
	char bytes[WIRE_DATAGRAM_MAX];
};

static int decode(const struct wire_message *message, const char *text, void *out)
{
	char why[WIRE_WHY_MAX] = "";
	int r = wire_decode(message, text, strlen(text), out, why);

	assert_true(r == 0 || (r == -EBADMSG && why[0] != '\0'));
	return r;
}

static void refuse(const struct wire_message *message, const char *text)
{
	union any out;

	if (decode(message, text, &out) == 0)
		fail_msg("accepted: %s", text);
}

/* Fills a field with the most that fits. */
static void fill(const struct wire_field *f, char *out)
{
	switch (f->type) {
	case WIRE_STRING:
	case WIRE_PROMPT:
		memset(out, f->type == WIRE_PROMPT ? '\n' : '=', f->size - 1);
		break;
	case WIRE_NUMBER:
		*(uint64_t *)(void *)out = UINT64_MAX;
		break;
	case WIRE_FLAG:
		*(bool *)out = true;
		break;
	case WIRE_ENUM:
		while (f->names[*(int *)(void *)out + 1])
			++*(int *)(void *)out;
		break;
	}
}

static void every_message_travels_full_and_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++)
		for (int full = 0; full <= 1; full++) {
			union any in = {0}, out;
			char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
			ssize_t length;

			assert_true(messages[i]->size <= sizeof(in));
			assert_true(messages[i]->field_count <= 64);
			for (size_t f = 0; full && f < messages[i]->field_count; f++)
				fill(&messages[i]->fields[f], in.bytes + messages[i]->fields[f].offset);
			length = wire_encode(messages[i], &in, data, sizeof(data));
			assert_true(length > 0);
			for (size_t k = 0; k < MESSAGES; k++)
				assert_int_equal(wire_is(messages[k], data, (size_t)length), k == i);
			assert_int_equal(wire_decode(messages[i], data, (size_t)length, &out, why), 0);
			assert_memory_equal(&in, &out, messages[i]->size);
		}
}

static void a_buffer_one_byte_short_is_not_overrun(void **state)
{
	struct login_answer in = {.challenge = "c1", .text = "123456"};
	char data[WIRE_DATAGRAM_MAX];
	ssize_t length = wire_encode(&wire_login_answer, &in, data, sizeof(data));

	(void)state;
	for (size_t size = 0; size < (size_t)length; size++) {
		memset(data, 'x', sizeof(data));
		assert_int_equal(wire_encode(&wire_login_answer, &in, data, size), -EMSGSIZE);
		assert_int_equal(data[size], 'x');
	}
	assert_int_equal(wire_encode(&wire_login_answer, &in, data, (size_t)length), length);
}

static void a_line_break_cannot_be_smuggled_into_a_value(void **state)
{
	struct login_answer answer = {.challenge = "c1", .text = "1\nresult=allow"};
	struct done done = {.reason = "x\nresult=allow"};
	char data[WIRE_DATAGRAM_MAX];

	(void)state;
	assert_int_equal(wire_encode(&wire_login_answer, &answer, data, sizeof(data)), -EINVAL);
	assert_int_equal(wire_encode(&wire_done, &done, data, sizeof(data)), -EINVAL);
}

static void what_is_not_terminated_or_not_in_the_list_is_not_sent(void **state)
{
	struct login_answer answer = {.challenge = "c1"};
	struct done done = {.result = 5};
	char data[WIRE_DATAGRAM_MAX];

	(void)state;
	memset(answer.text, '1', sizeof(answer.text));
	assert_int_equal(wire_encode(&wire_login_answer, &answer, data, sizeof(data)), -EINVAL);
	assert_int_equal(wire_encode(&wire_done, &done, data, sizeof(data)), -EINVAL);
	done.result = -1;
	assert_int_equal(wire_encode(&wire_done, &done, data, sizeof(data)), -EINVAL);
}

static void a_prompt_keeps_its_lines_and_backslashes(void **state)
{
	struct ask in = {.challenge = "c1", .prompt = "one\ntwo \\n \\: "}, out;
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	ssize_t length = wire_encode(&wire_ask, &in, data, sizeof(data));
	static const char wire[] = "op=ask\nchallenge=c1\nprompt=one\\ntwo \\\\n \\\\: \n";

	(void)state;
	assert_int_equal(length, sizeof(wire) - 1);
	assert_memory_equal(data, wire, sizeof(wire) - 1);
	assert_int_equal(wire_decode(&wire_ask, data, (size_t)length, &out, why), 0);
	assert_string_equal(out.prompt, in.prompt);
	refuse(&wire_ask, "op=ask\nchallenge=c1\nprompt=a\\\n");
	refuse(&wire_ask, "op=ask\nchallenge=c1\nprompt=a\\t\n");
}

static void the_first_line_is_the_op(void **state)
{
	(void)state;
	refuse(&wire_done, "");
	refuse(&wire_done, "\n");
	refuse(&wire_done, "op=done");
	refuse(&wire_done, "op=Done\nresult=deny\n");
	refuse(&wire_done, "op=done2\nresult=deny\n");
	refuse(&wire_done, " op=done\nresult=deny\n");
	refuse(&wire_done, "result=deny\nop=done\n");
	refuse(&wire_done, "op=done\nop=done\nresult=deny\n");
	refuse(&wire_done, "op=ask\nresult=deny\n");
}

static void each_line_is_a_key_and_a_value(void **state)
{
	union any out;

	(void)state;
	refuse(&wire_done, "op=done\nresult=deny\n\n");
	refuse(&wire_done, "op=done\nresult=deny\nnonsense\n");
	refuse(&wire_done, "op=done\nresult=deny\n=value\n");
	refuse(&wire_done, "op=done\nresult=deny");
	refuse(&wire_done, "op=done\nresult=deny\nresult=deny\n");
	refuse(&wire_done, "op=done\nresult=deny\nreason=\nreason=\n");
	refuse(&wire_done, "op=done\n");
	assert_int_equal(decode(&wire_done, "op=done\nresult=allow\nreason=\n", &out), 0);
}

static void a_newer_side_may_say_more(void **state)
{
	union any out;

	(void)state;
	assert_int_equal(decode(&wire_done, "op=done\nfuture=1\nresult=locked\nfuture=2\nresults=x\n", &out), 0);
	assert_int_equal(out.done.result, RESULT_LOCKED);
}

static void what_is_not_said_is_empty(void **state)
{
	union any out;

	(void)state;
	memset(&out, 'x', sizeof(out));
	assert_int_equal(decode(&wire_login_begin, "op=login-begin\nuser=alice\nservice=sshd\n", &out), 0);
	assert_string_equal(out.login_begin.rhost, "");
	assert_int_equal(out.login_begin.first_factor, FIRST_FACTOR_NONE);
	assert_false(out.login_begin.nullok);
	assert_false(out.login_begin.blind);
}

static void a_value_fits_its_field_to_the_byte(void **state)
{
	char text[64 + WIRE_ANSWER_MAX] = "op=login-answer\nchallenge=c\ntext=";
	size_t head = strlen(text);
	union any out;

	(void)state;
	memset(text + head, '9', WIRE_ANSWER_MAX - 1);
	text[head + WIRE_ANSWER_MAX - 1] = '\n';
	assert_int_equal(decode(&wire_login_answer, text, &out), 0);
	assert_int_equal(strlen(out.login_answer.text), WIRE_ANSWER_MAX - 1);
	text[head + WIRE_ANSWER_MAX - 1] = '9';
	text[head + WIRE_ANSWER_MAX] = '\n';
	refuse(&wire_login_answer, text);
}

static void a_datagram_has_at_most_4096_bytes(void **state)
{
	static const char head[] = "op=done\nresult=allow\nx=";
	char data[WIRE_DATAGRAM_MAX + 1], why[WIRE_WHY_MAX];
	struct done out;

	(void)state;
	memset(data, 'y', sizeof(data));
	memcpy(data, head, sizeof(head) - 1);
	data[WIRE_DATAGRAM_MAX - 1] = '\n';
	assert_int_equal(wire_decode(&wire_done, data, WIRE_DATAGRAM_MAX, &out, why), 0);
	data[WIRE_DATAGRAM_MAX - 1] = 'y';
	data[WIRE_DATAGRAM_MAX] = '\n';
	assert_int_equal(wire_decode(&wire_done, data, WIRE_DATAGRAM_MAX + 1, &out, why), -EBADMSG);
}

static void numbers_are_plain_decimals(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {{"0", 0}, {"007", 7}, {"18446744073709551615", UINT64_MAX}};
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "0x1",
					  "1.0",
					  "18446744073709551616",
					  "99999999999999999999",
					  "000000000000000000001"};
	char text[128];
	union any out;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "op=enrolment\nuser=a\nstate=active\nfailures=%s\n", good[i].text);
		assert_int_equal(decode(&wire_enrolment, text, &out), 0);
		assert_true(out.enrolment.failures == good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "op=enrolment\nuser=a\nstate=active\nfailures=%s\n", bad[i]);
		refuse(&wire_enrolment, text);
	}
}

static void flags_and_names_are_exact(void **state)
{
	static const char *const bad[] = {"nullok=1",
					  "nullok=YES",
					  "nullok=",
					  "first_factor=",
					  "first_factor=Password",
					  "first_factor=0",
					  "first_factor=publickey "};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "op=login-begin\nuser=a\nservice=s\n%s\n", bad[i]);
		refuse(&wire_login_begin, text);
	}
}

static void text_is_utf8_without_control_characters(void **state)
{
	static const char *const good[] = {"",  "alice", "é", "العربية", "…34", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf",
					   " ~"};
	static const char *const bad[] = {
		"\x01",
		"a\tb",
		"\x1b[2J",
		"\x7f",
		"\x80",
		"\xff",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xe2\x82",
		"\xc3",
		"\xc3(",
		"\xe2(\xa1",
		"\xf0\x9f\x98",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(wire_text_ok(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (wire_text_ok(bad[i], strlen(bad[i])))
			fail_msg("bad text %zu was accepted", i);
	assert_false(wire_text_ok("a\0b", 3));
}

static void an_error_names_the_key_and_never_the_value(void **state)
{
	static const char text[] = "op=login-answer\nchallenge=c\ntext=735119\x01\n";
	char why[WIRE_WHY_MAX];
	struct login_answer out;

	(void)state;
	assert_int_equal(wire_decode(&wire_login_answer, text, sizeof(text) - 1, &out, why), -EBADMSG);
	assert_non_null(strstr(why, "key text"));
	assert_null(strstr(why, "735119"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_travels_full_and_empty),
		cmocka_unit_test(a_buffer_one_byte_short_is_not_overrun),
		cmocka_unit_test(a_line_break_cannot_be_smuggled_into_a_value),
		cmocka_unit_test(what_is_not_terminated_or_not_in_the_list_is_not_sent),
		cmocka_unit_test(a_prompt_keeps_its_lines_and_backslashes),
		cmocka_unit_test(the_first_line_is_the_op),
		cmocka_unit_test(each_line_is_a_key_and_a_value),
		cmocka_unit_test(a_newer_side_may_say_more),
		cmocka_unit_test(what_is_not_said_is_empty),
		cmocka_unit_test(a_value_fits_its_field_to_the_byte),
		cmocka_unit_test(a_datagram_has_at_most_4096_bytes),
		cmocka_unit_test(numbers_are_plain_decimals),
		cmocka_unit_test(flags_and_names_are_exact),
		cmocka_unit_test(text_is_utf8_without_control_characters),
		cmocka_unit_test(an_error_names_the_key_and_never_the_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
