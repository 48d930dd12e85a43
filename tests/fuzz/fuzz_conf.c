/* Any bytes as a configuration file. */
#include "svitlo/conf.h"
#include "svitlo/util.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SV_AUTO_CLOSE int fd = memfd_create("conf", MFD_CLOEXEC);
	struct err e = { 0 };
	struct conf c;
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	conf_defaults(&c);
	if (conf_load(&c, path, &e) < 0)
		assert(e.text[0]);
	assert(c.session_days >= 1 && c.session_days <= 365);
	assert(memchr(c.store_dir, 0, sizeof(c.store_dir)));
	return 0;
}
