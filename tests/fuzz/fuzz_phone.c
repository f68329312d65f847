/* A number as an admin types it: what is accepted is E.164, means the same when read again, and is masked when shown.
 */
#include "daemon/base/phone.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct phone phone, again;
	char mask[PHONE_MASK_MAX], *text = strndup((const char *)data, size);

	if (text && phone_parse(text, &phone) == 0) {
		size_t digits = strspn(phone.e164 + 1, "0123456789");

		must(phone.e164[0] == '+' && !phone.e164[1 + digits]);
		must(digits >= 7 && digits <= 15 && phone.e164[1] != '0');
		must(phone_parse(phone.e164, &again) == 0 && strcmp(phone.e164, again.e164) == 0);
		must(phone_has_prefix(&phone, "+") && !phone_has_prefix(&phone, "-"));
		phone_mask(&phone, mask);
		must(strcmp(mask + strcspn(mask, "0123456789"), phone.e164 + strlen(phone.e164) - 2) == 0);
	}
	free(text);
	return 0;
}
