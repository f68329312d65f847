#include "tools/simulator/vendors.h"
#include "tools/simulator/authentica.h"
#include "tools/simulator/getgabs.h"
#include "tools/simulator/graph_notify.h"
#include "tools/simulator/infobip.h"
#include "tools/simulator/kannel.h"
#include "tools/simulator/telegram_bot.h"
#include "tools/simulator/telegram_gateway.h"
#include "tools/simulator/twilio.h"
#include "tools/simulator/unifonic.h"
#include "tools/simulator/vonage.h"
#include "tools/simulator/ycloud.h"

#include <string.h>

static const struct vendor *const vendors[] = {
	&ycloud,           &twilio,       &vonage,        &infobip, &unifonic, &authentica,
	&telegram_gateway, &telegram_bot, &telegram_user, &kannel,  &getgabs,
};

static const struct vendor *vendor_of(const char *path)
{
	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		if (vendor_matches(vendors[i], path))
			return vendors[i];
	return NULL;
}

bool vendors_match(const char *path)
{
	return vendor_of(path);
}

void vendors_answer(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	vendor_answer(vendor_of(request->path), simulator, request, answer);
}

void vendors_notifiers(const struct notifier *ret[static PROVIDERS])
{
	memset(ret, 0, PROVIDERS * sizeof(ret[0]));
	ret[PROVIDER_META] = &graph_notifier;
	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		if (vendors[i]->notifier)
			ret[vendors[i]->provider] = vendors[i]->notifier;
}
