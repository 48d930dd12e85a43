/*
 * All plugs of a house on their wires.
 */
#ifndef HOUSE_PLUGS_H
#define HOUSE_PLUGS_H

#include "house.h"

#include <stdio.h>
#include <systemd/sd-event.h>

struct plugs;

/* Listens at the address of every plug. The house's time passes by sticks.h, and at each request
 * by itself. Borrows both until plugs_free(). -> NULL after a line on stderr */
struct plugs *plugs_new(sd_event *event, struct house *house);
struct plugs *plugs_free(struct plugs *s);

/* "plug 1 unplug": writes "ok", "error: …" or JSON. */
void plugs_command(struct plugs *s, const char *line, FILE *out);
/* Is this the first word of such a command? */
bool plugs_knows(const char *word);
/* The member "plugs" of the state. */
void plugs_print(const struct plugs *s, FILE *out);

/* `house list --plugs`: URL, name, model. */
void plugs_list(const struct house *h, FILE *out);

#endif
