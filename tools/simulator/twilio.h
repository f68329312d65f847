/* Twilio Programmable Messaging and Voice; callbacks signed with X-Twilio-Signature. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor twilio;

/* The account that there is; its auth token is the token of --token-file. */
#define TWILIO_ACCOUNT "AC00000000000000000000000000000001"
