/*
 * Time that jumps: linked into a program, whenever nothing is left to do now its clocks go on to
 * the moment at which the next timer is due. A month passes as fast as what happens in it can be
 * done, and the same way each time. For programs of one thread with an event loop; sockets between
 * its own parts take no time.
 */
#pragma once

#include <stdint.h>

void jump_start(int64_t wall_ms); /* before the first timer is made */
