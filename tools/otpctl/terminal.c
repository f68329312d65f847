#include "tools/otpctl/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
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

bool terminal_confirm(const char *prompt, bool otherwise)
{
	char answer[16];

	if (!terminal_ask(prompt, answer, sizeof(answer)))
		return false;
	if (!answer[0])
		return otherwise;
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

/* A secret is typed while the echo is off: whatever ends that must turn it on again first. */

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	caught = signal;
}

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define ENDING (sizeof(ending) / sizeof(ending[0]))

/* A terminal gives a line at a time. */
static bool read_line(char *answer, size_t size)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, answer, size - 1);
	while (n < 0 && errno == EINTR && !caught);
	if (n <= 0 || caught)
		return false;
	answer[n] = '\0';
	if (!strchr(answer, '\n'))
		(void)tcflush(STDIN_FILENO, TCIFLUSH);
	answer[strcspn(answer, "\r\n")] = '\0';
	return true;
}

/* The prompt comes when nothing is echoed any more: who types at once must not see it either. */
static bool ask_silently(const char *prompt, char *answer, size_t size)
{
	const struct sigaction catching = {.sa_handler = on_signal};
	struct sigaction before[ENDING];
	struct termios shown, hidden;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return false;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	caught = 0;
	for (size_t i = 0; i < ENDING; i++)
		(void)sigaction(ending[i], &catching, &before[i]);
	ok = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
	if (ok) {
		fprintf(stderr, "%s", prompt);
		fflush(stderr);
		ok = read_line(answer, size);
	}
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
	for (size_t i = 0; i < ENDING; i++)
		(void)sigaction(ending[i], &before[i], NULL);
	fputc('\n', stderr);
	if (caught)
		(void)raise(caught);
	return ok;
}

bool terminal_ask_secret(const char *prompt, char *answer, size_t size)
{
	if (!isatty(STDIN_FILENO))
		return terminal_ask(prompt, answer, size);
	return ask_silently(prompt, answer, size);
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
