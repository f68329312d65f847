#include "tests/bench/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 7

void people_name(size_t n, char name[static WIRE_USER_MAX])
{
	snprintf(name, WIRE_USER_MAX, "user%0*zu", DIGITS, n % PEOPLE_MAX);
}

void people_phone(size_t n, char phone[static WIRE_PHONE_MAX])
{
	snprintf(phone, WIRE_PHONE_MAX, "+96650%0*zu", DIGITS, n % PEOPLE_MAX);
}

size_t people_of_phone(const char *phone)
{
	size_t length = strlen(phone);

	return length < DIGITS ? 0 : strtoul(phone + length - DIGITS, NULL, 10);
}
