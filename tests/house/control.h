/*
 * The control socket: one command a connection, one answer. The commands are in control.c.
 */
#ifndef HOUSE_CONTROL_H
#define HOUSE_CONTROL_H

#include "bluez.h"
#include "plugs.h"
#include "sticks.h"

struct control;

/* Listens at path (an old socket there is removed). -> NULL after a line on stderr. Borrows.
 * bz may be NULL: then there is no radio. */
struct control *control_new(sd_event *event, const char *path, struct house *house,
			    struct bluez *bz, struct sticks *sticks, struct plugs *plugs);
/* Takes; removes the socket. NULL is fine. */
void control_free(struct control *c);

/* The other side, `house ctl`: sends, prints the answer. -> 0, 1 on an error */
int control_send(const char *path, const char *command);

#endif
