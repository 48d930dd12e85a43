/* The FastCGI loop: many siblings on one listening socket, none loses a request or a SIGTERM. */
#pragma once

#include "svitlo/conf.h"
#include "svitlo/err.h"

/* Serves the socket on fd 0 until SIGTERM or SIGINT; finishes the request in progress. */
int worker_run(const struct conf *conf, struct err *e);
