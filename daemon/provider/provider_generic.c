/*
 * Gateways of one's own: words, and the numbers that Kannel puts for "%d" into its dlr-url. What their codes mean
 * nobody knows.
 */
#include "daemon/provider/provider.h"

static const struct provider_state states[] = {
	{"accepted", RECEIPT_ACCEPTED},
	{"sent", RECEIPT_SENT},
	{"delivered", RECEIPT_DELIVERED},
	{"read", RECEIPT_READ},
	{"failed", RECEIPT_FAILED},
	{"1", RECEIPT_DELIVERED},
	{"2", RECEIPT_FAILED},
	{"4", RECEIPT_ACCEPTED}, /* buffered */
	{"8", RECEIPT_SENT},     /* the network has it */
	{"16", RECEIPT_FAILED},  /* the network refuses it */
	{NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_generic = {"generic", NULL, 0, states};
