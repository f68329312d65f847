/*
 * Runs a fuzz target without libFuzzer: over each file of its corpus, whole, cut at every length, and with every byte
 * changed. The corpus is the folder that is named, or for replay_NAME tests/fuzz/corpus/NAME.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "replay_"

/* A copy of its own size, so that a sanitizer sees one byte too far. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_around(uint8_t *data, size_t size)
{
	static const uint8_t others[] = {0x00, '\n', '=', '\\', '9', 0x7f, 0x80, 0xc3, 0xff};

	for (size_t cut = 0; cut <= size; cut++)
		run(data, cut);
	for (size_t at = 0; at < size; at++) {
		uint8_t was = data[at];

		for (size_t i = 0; i < sizeof(others); i++) {
			data[at] = others[i];
			run(data, size);
		}
		data[at] = was;
	}
}

static bool replay(const char *folder, const char *name)
{
	uint8_t data[2 * WIRE_DATAGRAM_MAX];
	char path[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return false;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run_around(data, size);
	return true;
}

static int replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	unsigned files = 0;
	bool ok = true;

	if (!folder) {
		perror(path);
		return 1;
	}
	for (struct dirent *entry; (entry = readdir(folder));)
		if (entry->d_name[0] != '.') {
			ok = replay(path, entry->d_name) && ok;
			files++;
		}
	closedir(folder);
	printf("%s: %u files replayed\n", path, files);
	return ok && files > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	const char *name = strstr(argv[0], PREFIX);
	char path[4096];

	if (argc > 1)
		return replay_folder(argv[1]);
	if (!name)
		return 2;
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name + strlen(PREFIX));
	return replay_folder(path);
}
