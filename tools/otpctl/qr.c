#include "tools/otpctl/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdbool.h>

#define QUIET 2 /* empty modules around the code; four by the book, scanners are content with two */

#define BLACK_ON_WHITE "\033[30;107m"
#define PLAIN "\033[0m"

static bool is_dark(const QRcode *code, int row, int column)
{
	if (row < 0 || column < 0 || row >= code->width || column >= code->width)
		return false;
	return code->data[row * code->width + column] & 1;
}

/* Two rows of modules are one line; without colours what is light is drawn, since terminals are dark. */
static const char *half_blocks(bool upper, bool lower, bool colour)
{
	static const char *const blocks[] = {" ", "▄", "▀", "█"};

	return blocks[(upper == colour) * 2 + (lower == colour)];
}

int qr_print(FILE *stream, const char *text, size_t columns, int colour)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
	int edge;

	if (!code)
		return -errno;
	edge = code->width + QUIET;
	if ((size_t)(code->width + 2 * QUIET) > columns) {
		QRcode_free(code);
		return -E2BIG;
	}
	for (int row = -QUIET; row < edge; row += 2) {
		fputs(colour ? BLACK_ON_WHITE : "", stream);
		for (int column = -QUIET; column < edge; column++)
			fputs(half_blocks(is_dark(code, row, column), is_dark(code, row + 1, column), colour != 0),
			      stream);
		fprintf(stream, "%s\n", colour ? PLAIN : "");
	}
	QRcode_free(code);
	return 0;
}
