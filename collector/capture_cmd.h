/* `svitlo capture DEVICE [--minutes N] [-o FILE]` */
#pragma once

#include "svitlo/conf.h"

/* argv begins behind the command. Status: 0 written, 1 failed, 2 wrong use, 3 no collector runs. */
int capture_main(const struct conf *conf, int argc, char **argv);
