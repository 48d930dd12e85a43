/* A device as the answer to whoever has asked for it or changed it. */
#pragma once

#include "http.h"

/* 404 when there is none. */
int device_answer(struct req *q, struct reply *r, int64_t id, struct err *e);
