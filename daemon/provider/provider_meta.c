/*
 * Meta's Cloud API: the table of the vendor's error-code page, read 2026-09-11. Meta asks to go by the code alone,
 * never by HTTP status, title or subcode.
 */
#include "daemon/provider/provider.h"

#define ONE(code) .first = (code), .last = (code)
#define RANGE(from, to) .first = (from), .last = (to)
#define UNDELIVERABLE .failure = FAILURE_UNDELIVERABLE
#define TRANSIENT .failure = FAILURE_TRANSIENT
#define CONFIG .failure = FAILURE_CONFIG
#define RETRY .retry = true
#define ALARM .alarm = ALARM_NOW
#define ALARM_IF_OFTEN .alarm = ALARM_OFTEN
/* What a probe of the number sees: the channel is back as soon as the probe says so. */
#define STOPS .breaker = BREAKER_CHANNEL
#define STOPS_IF_OFTEN .breaker = BREAKER_CHANNEL, .often = true
#define STOPS_FOR(time) .breaker = BREAKER_CHANNEL, .seconds = (time)
/* Asked again after ten minutes, Meta's limit for questions about templates, unless its event comes first. */
#define TEMPLATE .breaker = BREAKER_TEMPLATE, .seconds = 600
#define RECIPIENT(time) .breaker = BREAKER_RECIPIENT, .seconds = (time)
#define DAY 86400
#define HOUR 3600

/* In the order of the codes. */
static const struct provider_error errors[] = {
	{ONE(0), CONFIG, ALARM, STOPS, .meaning = "the access token was not accepted"},
	{ONE(1), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "unknown error of the API"},
	{ONE(2), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the API is overloaded or down"},
	{ONE(3), CONFIG, ALARM, STOPS, .meaning = "the app lacks a capability"},
	{ONE(4), TRANSIENT, ALARM_IF_OFTEN, STOPS_FOR(60), .meaning = "the app's rate limit is reached"},
	{ONE(10), CONFIG, ALARM, STOPS, .meaning = "a permission is missing or was revoked"},
	{ONE(33), CONFIG, ALARM, STOPS, .meaning = "the phone number id is wrong or was deleted"},
	{ONE(100), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "a parameter is invalid"},
	{ONE(190), CONFIG, ALARM, STOPS, .meaning = "the access token has expired or is invalid"},
	{RANGE(200, 299), CONFIG, ALARM, STOPS, .meaning = "a permission is missing or was revoked"},
	{ONE(368), CONFIG, ALARM, STOPS, .meaning = "the account is blocked for a policy violation"},
	{ONE(80007), TRANSIENT, ALARM, STOPS_FOR(60), .meaning = "the business account's rate limit is reached"},
	{ONE(130403), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the business has blocked this user"},
	{ONE(130429), TRANSIENT, RETRY, ALARM_IF_OFTEN, .meaning = "the number's throughput is reached"},
	{ONE(130472), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the recipient is part of an experiment"},
	{ONE(130497), UNDELIVERABLE, ALARM, .breaker = BREAKER_COUNTRY, .seconds = DAY,
	 .meaning = "the business may not write to this country"},
	{ONE(131000), TRANSIENT, RETRY, ALARM_IF_OFTEN, .meaning = "something went wrong at the provider"},
	{ONE(131005), CONFIG, ALARM, STOPS, .meaning = "access is denied"},
	{ONE(131008), CONFIG, ALARM, .meaning = "a required parameter is missing"},
	{ONE(131009), CONFIG, ALARM, .meaning = "a parameter's value is invalid"},
	{ONE(131016), TRANSIENT, RETRY, ALARM_IF_OFTEN, .meaning = "the service is temporarily unavailable"},
	{ONE(131021), UNDELIVERABLE, .meaning = "the recipient is the sender's own number"},
	{ONE(131026), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the recipient cannot be reached on WhatsApp"},
	{ONE(131030), UNDELIVERABLE, ALARM, .meaning = "a test number may not write to this recipient"},
	{ONE(131031), CONFIG, ALARM, STOPS, .meaning = "the account is locked or restricted"},
	{ONE(131037), CONFIG, ALARM, STOPS, .meaning = "the display name is not approved"},
	{ONE(131042), CONFIG, ALARM, STOPS, .meaning = "there is a problem with the payment"},
	{ONE(131045), CONFIG, ALARM, STOPS, .meaning = "the number's registration is faulty"},
	{ONE(131047), CONFIG, ALARM, .meaning = "the message was taken for a free-form one"},
	{ONE(131048), CONFIG, ALARM, STOPS, .meaning = "the number's messages were reported as spam too often"},
	{ONE(131049), UNDELIVERABLE, ALARM_IF_OFTEN, RECIPIENT(HOUR),
	 .meaning = "the recipient gets too many messages of businesses"},
	{ONE(131050), UNDELIVERABLE, .meaning = "the recipient does not want messages"},
	{ONE(131051), CONFIG, ALARM, .meaning = "the message's type is not supported"},
	{ONE(131055), CONFIG, ALARM, .meaning = "the method is not allowed"},
	{ONE(131056), UNDELIVERABLE, ALARM_IF_OFTEN, RECIPIENT(60), .meaning = "too many messages to this recipient"},
	{ONE(131057), TRANSIENT, STOPS_FOR(60), .meaning = "the number is in maintenance"},
	{ONE(131062), UNDELIVERABLE, .meaning = "the recipient is no phone number"},
	{ONE(131063), CONFIG, ALARM, .meaning = "marketing messages are switched off"},
	{ONE(131064), CONFIG, ALARM, STOPS, .meaning = "messaging is limited after violations"},
	{ONE(132000), CONFIG, ALARM, TEMPLATE, .meaning = "the template wants other parameters"},
	{ONE(132001), CONFIG, ALARM, TEMPLATE, .meaning = "there is no approved template of this name and language"},
	{ONE(132005), CONFIG, ALARM, TEMPLATE, .meaning = "the template's text is too long in this language"},
	{ONE(132007), CONFIG, ALARM, TEMPLATE, .meaning = "the template violates a policy"},
	{ONE(132008), CONFIG, ALARM, .meaning = "a parameter's value does not suit the template"},
	{ONE(132012), CONFIG, ALARM, .meaning = "a parameter's format does not suit the template"},
	{ONE(132015), CONFIG, ALARM, TEMPLATE, .meaning = "the template is paused for its quality"},
	{ONE(132016), CONFIG, ALARM, TEMPLATE, .meaning = "the template is disabled"},
	{ONE(132018), CONFIG, ALARM, .meaning = "a parameter does not suit the template"},
	{ONE(132068), CONFIG, ALARM, .meaning = "the flow is blocked"},
	{ONE(132069), CONFIG, ALARM, .meaning = "the flow is throttled"},
	{ONE(133000), CONFIG, ALARM, .meaning = "the number's deregistration is incomplete"},
	{ONE(133004), TRANSIENT, RETRY, .meaning = "the registration server is unavailable"},
	{ONE(133005), CONFIG, ALARM, .meaning = "the two-step PIN is wrong"},
	{ONE(133006), CONFIG, ALARM, .meaning = "the number must be verified again"},
	{ONE(133008), CONFIG, ALARM, .meaning = "the two-step PIN was guessed too often"},
	{ONE(133009), CONFIG, ALARM, .meaning = "the two-step PIN was entered too fast"},
	{ONE(133010), CONFIG, ALARM, STOPS, .meaning = "the number is not registered"},
	{ONE(133015), CONFIG, ALARM, .meaning = "the number was deleted a short time ago"},
	{ONE(133016), CONFIG, ALARM, .meaning = "the number was registered too often"},
	{ONE(134011), CONFIG, ALARM, .meaning = "the terms of payment are not accepted"},
	{ONE(135000), CONFIG, ALARM, .meaning = "the request is faulty"},
	{ONE(137000), .failure = FAILURE_IDENTITY, ALARM, .meaning = "the recipient's identity has changed"},
	{RANGE(138000, 138999), UNDELIVERABLE, .meaning = "an error of calling"},
	{RANGE(139000, 139004), UNDELIVERABLE, .meaning = "an error of flows"},
	{RANGE(139100, 139103), UNDELIVERABLE, .meaning = "an error of the block list"},
};

static const struct provider_state states[] = {
	{"accepted", RECEIPT_ACCEPTED}, {"sent", RECEIPT_SENT},   {"delivered", RECEIPT_DELIVERED},
	{"read", RECEIPT_READ},         {"played", RECEIPT_READ}, {"failed", RECEIPT_FAILED},
	{NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_meta = {"meta", errors, sizeof(errors) / sizeof(errors[0]), states};
