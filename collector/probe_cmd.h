/* `svitlo probe ADDRESS`: is an inverter there? Prints what was found as JSON. */
#pragma once

#include "svitlo/conf.h"

/* argv: what stands behind the command. -> exit status: 0 found, 1 not found, 2 wrong use */
int probe_main(const struct conf *c, int argc, char **argv);
