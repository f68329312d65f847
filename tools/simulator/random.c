#include "tools/simulator/random.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_text(char *text, size_t n, const char *alphabet)
{
	size_t mask = strlen(alphabet) - 1;

	if (n > 0 && getrandom(text, n, 0) != (ssize_t)n)
		abort();
	for (size_t i = 0; i < n; i++)
		text[i] = alphabet[(unsigned char)text[i] & mask];
	text[n] = '\0';
}
