/*
 * All inverters of a house on their wires: sticks, gateways and serial ports.
 *
 * For test programs too: with sticks_simulate() they stand in the program itself, on its event
 * loop, and its clock may be the test's. This header needs nothing else of the house.
 */
#ifndef HOUSE_STICKS_H
#define HOUSE_STICKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#define STICKS_TEXT_MAX 160

struct house;
struct sticks;

/* Listens at the address of every inverter, and lets the house follow the clock from now on.
 * Borrows both until sticks_free(). -> NULL after a line on stderr */
struct sticks *sticks_new(sd_event *event, struct house *house);
struct sticks *sticks_free(struct sticks *s);

/* A house of its own, "family=hybrid1p port=18899 delay=0". wall_ms > 0: it is that late (ms since
 * 1970), and time stands still but for sticks_advance(); 0: it follows the clock. */
struct sticks *sticks_simulate(sd_event *event, const char *spec, int64_t wall_ms,
			       char ret_error[static STICKS_TEXT_MAX]);
void sticks_advance(struct sticks *s, int64_t wall_ms);
int64_t sticks_wall_ms(const struct sticks *s);
struct house *sticks_house(struct sticks *s);

/* "stick 1 silent 10", "inverter 1 fault 55 on", "grid off", "load 2000" …
 * What it does to connections is done when the loop runs next. -> false: ret_error says why */
bool sticks_command(struct sticks *s, const char *words, char ret_error[static STICKS_TEXT_MAX]);
/* Is this the first word of such a command? */
bool sticks_knows(const char *word);

size_t sticks_count(const struct sticks *s);
/* Of inverter number, from 0. */
void sticks_url(const struct sticks *s, size_t number, char ret[static STICKS_TEXT_MAX]);

/* What really flowed, Wh; key as in the state: "pv_wh", "load_wh", "grid_import_wh" …
 * day 0: today, 1: the day before …, -1: in all. NaN: no such key or day */
double sticks_truth_wh(const struct sticks *s, const char *key, int day);

/* The members "grid", "flow", "energy" and "inverters" of the state. */
void sticks_print(const struct sticks *s, FILE *out);

#endif
