/* The collector's object graph. */
#pragma once

#include "svitlo/conf.h"
#include "svitlo/err.h"

/* Runs until SIGTERM or SIGINT. 0 after a clean stop, -errno with what to do about it. */
int app_run(const struct conf *conf, struct err *e);
