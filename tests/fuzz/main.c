/* Runs a fuzz target without a fuzzer: over each file given, and each file of a folder given. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (1u << 20)
#define PATH_LEN  4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data = NULL, *exact = NULL;
	size_t n = 0;

	if (!f) {
		perror(path);
		return 1;
	}
	data = malloc(INPUT_MAX);
	if (data)
		n = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	exact = data ? realloc(data, n ? n : 1) : NULL; /* so that a read behind it is seen */
	if (!exact) {
		free(data);
		return 1;
	}
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

static int run_path(const char *path, unsigned *count)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	int bad = 0;

	if (!dir) {
		(*count)++;
		return run_file(path);
	}
	while ((d = readdir(dir))) {
		char name[PATH_LEN];

		if (d->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, d->d_name) >= (int)sizeof(name))
			continue;
		(*count)++;
		bad |= run_file(name);
	}
	closedir(dir);
	return bad;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= run_path(argv[i], &count);
	printf("%s: %u inputs\n", argv[0], count);
	return bad;
}
