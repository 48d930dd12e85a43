/*
 * Plays a capture file (proto/cap.h) as if it were a link: address "capture:FILE". Notifications
 * come with their recorded timing, or faster; what the owner writes is ignored. At its end the
 * file is played again from the start, after a moment of LINK_LOST.
 */
#pragma once

#include "link.h"

#include "svitlo/err.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

#define CAPTURE_FILE_MAX (64u << 20)

bool capture_is(const char *address);

/* speed: 1 as recorded, N times as fast. -EINVAL, -ENOENT and so on name the file and the line. */
int capture_open(sd_event *ev, const char *address, double speed, const struct link_owner *owner,
		 struct link **ret, struct err *e);
