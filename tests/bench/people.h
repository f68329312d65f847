/* Who logs in: person n of an enrolment, by a name and a number that each program of the bench can tell. */
#pragma once

#include "wire/proto.h"

#include <stddef.h>

#define PEOPLE_MAX 10000000

void people_name(size_t n, char name[static WIRE_USER_MAX]);
void people_phone(size_t n, char phone[static WIRE_PHONE_MAX]);
/* The person with this number. */
size_t people_of_phone(const char *phone);
