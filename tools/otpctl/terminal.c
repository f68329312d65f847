#include "tools/otpctl/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_COLUMNS 80

bool terminal_ask(const char *prompt, char *answer, size_t size)
{
	bool ok;

	fprintf(stderr, "%s", prompt);
	fflush(stderr);
	ok = fgets(answer, (int)size, stdin) != NULL;
	if (ok && !strchr(answer, '\n'))
		for (int c = getchar(); c != '\n' && c != EOF;)
			c = getchar();
	if (ok)
		answer[strcspn(answer, "\r\n")] = '\0';
	if (!ok && isatty(STDIN_FILENO))
		fputc('\n', stderr);
	return ok;
}

size_t terminal_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_COLUMNS;
}

bool terminal_has_colour(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(none && *none) && term && *term && strcmp(term, "dumb") != 0;
}
