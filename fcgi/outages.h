/* How often and how long a device was lost in the last 24 hours, from its events. */
#pragma once

#include "http.h"

/* The member `outages`, into an open object. */
int outages_write(struct req *q, struct jw *w, int64_t device, struct err *e);
