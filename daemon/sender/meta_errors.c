#include "daemon/sender/meta_errors.h"

#define ONE(code) (code), (code)
#define UNDELIVERABLE FAILURE_UNDELIVERABLE
#define TRANSIENT FAILURE_TRANSIENT
#define CONFIG FAILURE_CONFIG

/* In the order of the codes. */
const struct meta_error meta_errors[] = {
	{ONE(0), CONFIG, false, META_ALARM, "the access token was not accepted"},
	{ONE(1), TRANSIENT, true, META_IF_OFTEN, "unknown error of the API"},
	{ONE(2), TRANSIENT, true, META_IF_OFTEN, "the API is overloaded or down"},
	{ONE(3), CONFIG, false, META_ALARM, "the app lacks a capability"},
	{ONE(4), TRANSIENT, false, META_IF_OFTEN, "the app's rate limit is reached"},
	{ONE(10), CONFIG, false, META_ALARM, "a permission is missing or was revoked"},
	{ONE(33), CONFIG, false, META_ALARM, "the phone number id is wrong or was deleted"},
	{ONE(100), CONFIG, false, META_ALARM, "a parameter is invalid"},
	{ONE(190), CONFIG, false, META_ALARM, "the access token has expired or is invalid"},
	{200, 299, CONFIG, false, META_ALARM, "a permission is missing or was revoked"},
	{ONE(368), CONFIG, false, META_ALARM, "the account is blocked for a policy violation"},
	{ONE(80007), TRANSIENT, false, META_ALARM, "the business account's rate limit is reached"},
	{ONE(130403), UNDELIVERABLE, false, META_QUIET, "the business has blocked this user"},
	{ONE(130429), TRANSIENT, true, META_IF_OFTEN, "the number's throughput is reached"},
	{ONE(130472), UNDELIVERABLE, false, META_QUIET, "the recipient is part of an experiment"},
	{ONE(130497), UNDELIVERABLE, false, META_ALARM, "the business may not write to this country"},
	{ONE(131000), TRANSIENT, true, META_IF_OFTEN, "something went wrong at the provider"},
	{ONE(131005), CONFIG, false, META_ALARM, "access is denied"},
	{ONE(131008), CONFIG, false, META_ALARM, "a required parameter is missing"},
	{ONE(131009), CONFIG, false, META_ALARM, "a parameter's value is invalid"},
	{ONE(131016), TRANSIENT, true, META_IF_OFTEN, "the service is temporarily unavailable"},
	{ONE(131021), UNDELIVERABLE, false, META_QUIET, "the recipient is the sender's own number"},
	{ONE(131026), UNDELIVERABLE, false, META_QUIET, "the recipient cannot be reached on WhatsApp"},
	{ONE(131030), UNDELIVERABLE, false, META_ALARM, "a test number may not write to this recipient"},
	{ONE(131031), CONFIG, false, META_ALARM, "the account is locked or restricted"},
	{ONE(131037), CONFIG, false, META_ALARM, "the display name is not approved"},
	{ONE(131042), CONFIG, false, META_ALARM, "there is a problem with the payment"},
	{ONE(131045), CONFIG, false, META_ALARM, "the number's registration is faulty"},
	{ONE(131047), CONFIG, false, META_ALARM, "the message was taken for a free-form one"},
	{ONE(131048), CONFIG, false, META_ALARM, "the number's messages were reported as spam too often"},
	{ONE(131049), UNDELIVERABLE, false, META_IF_OFTEN, "the recipient gets too many messages of businesses"},
	{ONE(131050), UNDELIVERABLE, false, META_QUIET, "the recipient does not want messages"},
	{ONE(131051), CONFIG, false, META_ALARM, "the message's type is not supported"},
	{ONE(131055), CONFIG, false, META_ALARM, "the method is not allowed"},
	{ONE(131056), UNDELIVERABLE, false, META_IF_OFTEN, "too many messages to this recipient"},
	{ONE(131057), TRANSIENT, false, META_QUIET, "the number is in maintenance"},
	{ONE(131062), UNDELIVERABLE, false, META_QUIET, "the recipient is no phone number"},
	{ONE(131063), CONFIG, false, META_ALARM, "marketing messages are switched off"},
	{ONE(131064), CONFIG, false, META_ALARM, "messaging is limited after violations"},
	{ONE(132000), CONFIG, false, META_ALARM, "the template wants other parameters"},
	{ONE(132001), CONFIG, false, META_ALARM, "there is no approved template of this name and language"},
	{ONE(132005), CONFIG, false, META_ALARM, "the template's text is too long in this language"},
	{ONE(132007), CONFIG, false, META_ALARM, "the template violates a policy"},
	{ONE(132008), CONFIG, false, META_ALARM, "a parameter's value does not suit the template"},
	{ONE(132012), CONFIG, false, META_ALARM, "a parameter's format does not suit the template"},
	{ONE(132015), CONFIG, false, META_ALARM, "the template is paused for its quality"},
	{ONE(132016), CONFIG, false, META_ALARM, "the template is disabled"},
	{ONE(132018), CONFIG, false, META_ALARM, "a parameter does not suit the template"},
	{ONE(132068), CONFIG, false, META_ALARM, "the flow is blocked"},
	{ONE(132069), CONFIG, false, META_ALARM, "the flow is throttled"},
	{ONE(133000), CONFIG, false, META_ALARM, "the number's deregistration is incomplete"},
	{ONE(133004), TRANSIENT, true, META_QUIET, "the registration server is unavailable"},
	{ONE(133005), CONFIG, false, META_ALARM, "the two-step PIN is wrong"},
	{ONE(133006), CONFIG, false, META_ALARM, "the number must be verified again"},
	{ONE(133008), CONFIG, false, META_ALARM, "the two-step PIN was guessed too often"},
	{ONE(133009), CONFIG, false, META_ALARM, "the two-step PIN was entered too fast"},
	{ONE(133010), CONFIG, false, META_ALARM, "the number is not registered"},
	{ONE(133015), CONFIG, false, META_ALARM, "the number was deleted a short time ago"},
	{ONE(133016), CONFIG, false, META_ALARM, "the number was registered too often"},
	{ONE(134011), CONFIG, false, META_ALARM, "the terms of payment are not accepted"},
	{ONE(135000), CONFIG, false, META_ALARM, "the request is faulty"},
	{ONE(137000), UNDELIVERABLE, false, META_ALARM, "the recipient's identity has changed"},
	{138000, 138999, UNDELIVERABLE, false, META_QUIET, "an error of calling"},
	{139000, 139004, UNDELIVERABLE, false, META_QUIET, "an error of flows"},
	{139100, 139103, UNDELIVERABLE, false, META_QUIET, "an error of the block list"},
};
const size_t meta_error_count = sizeof(meta_errors) / sizeof(meta_errors[0]);

const struct meta_error *meta_error_of(long long code)
{
	for (size_t i = 0; i < meta_error_count; i++)
		if (code >= meta_errors[i].first && code <= meta_errors[i].last)
			return &meta_errors[i];
	return NULL;
}
