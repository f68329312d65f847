#include "daemon/sender/api_telegram.h"

const json_t *telegram_result(const struct http_answer *answer, const json_t *root)
{
	bool ok = answer->status / 100 == 2 && json_is_true(json_object_get(root, "ok"));

	return ok ? json_object_get(root, "result") : NULL;
}
