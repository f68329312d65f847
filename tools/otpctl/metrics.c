/* metrics: what the core knows, to standard output, to a file, or to whoever asks. */
#include "tools/otpctl/metrics.h"
#include "tools/otpctl/exposition.h"
#include "tools/otpctl/file.h"
#include "tools/otpctl/output.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A core that is down is news, too: it is written before the error's exit status. */
static int publish(const struct otpctl *ctl, const char *text, size_t length, bool up)
{
	const char *file = ctl->options.textfile;
	int r = 0;

	if (file)
		r = file_replace(file, text, length, 0644);
	else
		(void)fwrite(text, 1, length, stdout);
	if (r < 0)
		output_error("metrics: %s: cannot be written: %s", file, strerror(-r));
	return r < 0 ? EXIT_REFUSED : up ? EXIT_OK : EXIT_UNREACHABLE;
}

int command_metrics(struct otpctl *ctl)
{
	size_t length;
	char *text;
	int status;
	bool up;

	if (ctl->options.json || (ctl->options.textfile && ctl->options.listen)) {
		output_error("metrics: %s", ctl->options.json ? "--json: is no option of this command; try stats --json"
							      : "--textfile and --listen: choose one of them");
		return EXIT_USAGE;
	}
	if (ctl->options.listen)
		return metrics_serve(ctl);
	text = metrics_text(ctl, false, &up, &length);
	if (!text)
		errx(1, "out of memory");
	status = publish(ctl, text, length, up);
	free(text);
	return status;
}
