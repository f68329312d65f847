#include "tools/simulator/deliver.h"
#include "tools/simulator/receipts.h"

int deliver(struct simulator *simulator, struct message *message, const struct fault **ret_fault)
{
	const struct options *options = simulator->options;
	const struct fault *fault = fault_find(options->faults, options->faults_n, message->provider, message->to);
	bool silent = fault && fault_kind(fault) == FAULT_SILENT;
	struct message_ref ref;
	int r;

	message->error = fault && !silent ? fault_name(fault) : NULL;
	message->hidden = silent;
	message->keeps_callback = !fault || fault_is_uncertain(fault);
	*ret_fault = fault;
	r = messages_add(simulator->messages, message, &ref);
	if (r == 0 && !message->error)
		receipts_plan(simulator->receipts, message, &ref, !silent);
	return r;
}
