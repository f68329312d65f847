#include "tools/otpctl/otpctl.h"

#include "tools/otpctl/output.h"
#include "wire/codec.h"

#include <string.h>

#define DEFAULT_SOCKET "/run/whatsapp-otp/admin.sock"

const char *otpctl_config_file(const struct otpctl *ctl)
{
	return ctl->options.config ? ctl->options.config : CONFIG_DEFAULT_FILE;
}

const struct config *otpctl_config(struct otpctl *ctl)
{
	char why[CONFIG_WHY_MAX];

	if (!ctl->config && !ctl->config_error && config_load(otpctl_config_file(ctl), &ctl->config, why) < 0)
		ctl->config_error = strdup(why);
	return ctl->config;
}

const char *otpctl_socket(struct otpctl *ctl)
{
	const struct config *config;

	if (ctl->options.socket)
		return ctl->options.socket;
	config = otpctl_config(ctl);
	/* A member of the admin group may not be allowed to read the config: not worth a word unless it was named. */
	if (!config && ctl->options.config)
		output_warning("%s; going on with %s", ctl->config_error, DEFAULT_SOCKET);
	return config && config->core.admin_socket[0] ? config->core.admin_socket : DEFAULT_SOCKET;
}

bool otpctl_copy(char *to, size_t size, const char *typed, const char *what)
{
	size_t length = typed ? strlen(typed) : 0;

	if (!typed)
		return true;
	if (length >= size) {
		output_error("%s: longer than %zu bytes", what, size - 1);
		return false;
	}
	if (!wire_text_ok(typed, length)) {
		output_error("%s: holds a control character or is not UTF-8", what);
		return false;
	}
	memcpy(to, typed, length + 1);
	return true;
}
