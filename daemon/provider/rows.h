/* How the rows of a provider's table are written: "{ONE(5), TRANSIENT, RETRY, .meaning = …}". For provider_*.c only. */
#pragma once

#include "daemon/provider/provider.h"

#define ONE(code) .first = (code), .last = (code)
#define RANGE(from, to) .first = (from), .last = (to)
#define WORD(code) .word = (code)
#define UNDELIVERABLE .failure = FAILURE_UNDELIVERABLE
#define TRANSIENT .failure = FAILURE_TRANSIENT
#define CONFIG .failure = FAILURE_CONFIG
#define RETRY .retry = true
#define ALARM .alarm = ALARM_NOW
#define ALARM_IF_OFTEN .alarm = ALARM_OFTEN
/* What a probe sees: the channel is back as soon as the probe says so. */
#define STOPS .breaker = BREAKER_CHANNEL
#define STOPS_IF_OFTEN .breaker = BREAKER_CHANNEL, .often = true
#define STOPS_FOR(time) .breaker = BREAKER_CHANNEL, .seconds = (time)
/* What a probe does not see. */
#define UNSEEN STOPS_FOR(10 * MINUTE)
/* Asked again after ten minutes, Meta's limit for questions about templates, unless its event comes first. */
#define TEMPLATE .breaker = BREAKER_TEMPLATE, .seconds = 10 * MINUTE
#define COUNTRY(time) .breaker = BREAKER_COUNTRY, .seconds = (time)
#define RECIPIENT(time) .breaker = BREAKER_RECIPIENT, .seconds = (time)
#define MINUTE 60
#define HOUR 3600
#define DAY 86400

#define PROVIDER(label)                                                                                                \
	{                                                                                                              \
		(label), errors, sizeof(errors) / sizeof(errors[0]), states                                            \
	}
