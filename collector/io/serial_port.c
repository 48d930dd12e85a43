#include "serial_port.h"

#include "svitlo/util.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool serial_port_is(const char *path)
{
	static const char *const places[] = { "/dev/tty", "/dev/serial/", "/dev/pts/" };
	char real[PATH_MAX];

	if (!realpath(path, real))
		return false;
	for (size_t i = 0; i < SV_LEN(places); i++)
		if (strncmp(real, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}
