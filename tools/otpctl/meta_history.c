#include "tools/otpctl/meta_history.h"

#define NO_MESSAGE "wamid.HBgMMDAwMDAwMDAwMDAwFQIAERgSMDAwMDAwMDAwMDAwMDAwMDAwAA%%3D%%3D"

/* Code 100 is both "no such edge" and "no such message": it says nothing about the right. */
enum meta_history meta_history_try(struct graph *graph, const char *number_id, struct graph_answer *answer)
{
	if (graph_call(graph, "GET", NULL, GRAPH_PLAIN, answer,
		       "%s/message_history?fields=id,message_id,events%%7Bdelivery_status,timestamp,"
		       "error_description%%7D&message_id=" NO_MESSAGE,
		       number_id) == EXIT_OK)
		return json_is_array(json_object_get(answer->root, "data")) ? META_HISTORY_ALLOWED
									    : META_HISTORY_UNKNOWN;
	return graph_is_forbidden(answer) ? META_HISTORY_FORBIDDEN : META_HISTORY_UNKNOWN;
}
