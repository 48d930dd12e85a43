/*
 * `house serve`: the event loop around a house, its wires and its control socket.
 */
#ifndef HOUSE_SERVE_H
#define HOUSE_SERVE_H

#include "house.h"

/* bus_address may be NULL: only the inverters; so may control. -> exit status; says why on stderr
 * when it is not 0 */
int house_serve(const struct house_options *o, const char *bus_address, const char *control);

#endif
