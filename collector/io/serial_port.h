/*
 * Which files may be opened as a serial port. An address is what an admin writes on the page: it
 * must not open, change or tell of any other file.
 */
#pragma once

#include <stdbool.h>

/* Does the path, its symbolic links followed, lead to /dev/tty…, /dev/serial/… or /dev/pts/…?
 * Looks at the file system: not on the loop. */
bool serial_port_is(const char *path);
