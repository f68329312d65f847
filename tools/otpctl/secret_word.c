#include "tools/otpctl/secret_word.h"

#include "tools/otpctl/otpctl.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

static int read_file(const char *file, char line[static LINE_MAX_BYTES])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = -1;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = EINVAL;
	} else if (fd >= 0) {
		n = read(fd, line, LINE_MAX_BYTES - 1);
		if (n >= 0 && st.st_mode & 077)
			output_warning("%s: can be read by others: chmod 0400", file);
	}
	if (n < 0)
		output_error("%s: %s", file, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return EXIT_REFUSED;
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return EXIT_OK;
}

static int read_line(const char *command, const char *file, const struct secret_word_terms *terms,
		     char line[static LINE_MAX_BYTES])
{
	if (file && strcmp(file, "-") != 0)
		return read_file(file, line);
	if (!file && !isatty(STDIN_FILENO)) {
		output_error("%s: nobody is there to type %s; name a file by %s, or - for standard input", command,
			     terms->what, terms->option);
		return EXIT_USAGE;
	}
	if (terminal_ask_secret(isatty(STDIN_FILENO) ? terms->prompt : "", line, LINE_MAX_BYTES))
		return EXIT_OK;
	output_error("%s: %s is missing: the input ends before it", command, terms->what);
	return EXIT_REFUSED;
}

static void drop(char *text, const char *ignored)
{
	char *to = text;

	for (; *text; text++)
		if (!ignored || !strchr(ignored, *text))
			*to++ = *text;
	*to = '\0';
}

const char *secret_word_error(const struct secret_word_terms *terms, const char *text)
{
	size_t length = strlen(text);

	if (length == 0)
		return "is empty";
	if (terms->chars ? strspn(text, terms->chars) != length : strcspn(text, "\t\r\n ") != length)
		return terms->chars ? "consists of digits" : "is one word";
	if (length < terms->least)
		return "is too short";
	return length > terms->most ? "is too long" : NULL;
}

int secret_word_read(const char *command, const char *file, const struct secret_word_terms *terms, char *word,
		     size_t size)
{
	char line[LINE_MAX_BYTES] = "";
	int status = read_line(command, file, terms, line);
	const char *error;

	if (status == EXIT_OK) {
		drop(line, terms->ignored);
		error = secret_word_error(terms, line);
		if (error || strlen(line) >= size) {
			output_error("%s: %s %s", command, terms->what, error ? error : "is too long");
			status = EXIT_REFUSED;
		} else {
			memcpy(word, line, strlen(line) + 1);
		}
	}
	explicit_bzero(line, sizeof(line));
	return status;
}
