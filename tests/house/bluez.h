/*
 * A service on D-Bus with the shape of BlueZ 5.66: org.bluez with adapters, devices and GATT
 * objects, for the packs of a house. Every adapter hears every pack unless told otherwise.
 *
 * Known differences: RSSI stays readable after discovery, and without the option keep-links the
 * links that a client made fall one second after that client has left the bus (real BlueZ keeps
 * them), so that a killed collector leaves a clean house behind.
 */
#ifndef HOUSE_BLUEZ_H
#define HOUSE_BLUEZ_H

#include "house.h"

#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

struct bluez;

enum bluez_stuck {
	BLUEZ_WORKS,
	BLUEZ_STUCK, /* connects fail, nothing is heard */
	BLUEZ_HUNG,  /* connects are never answered, nothing is heard */
};

/* Puts the objects on the bus, which must be attached to the event loop, and asks for the name.
 * -> NULL after a line on stderr. Borrows all three until bluez_free(). */
struct bluez *bluez_new(sd_event *event, sd_bus *bus, struct house *house);
struct bluez *bluez_free(struct bluez *bz);

/* For the control socket. Numbers from 0. */
void bluez_drop(struct bluez *bz, size_t pack);
/* -> false: no such adapter, or not there */
bool bluez_power(struct bluez *bz, size_t adapter, bool on);
bool bluez_block(struct bluez *bz, size_t adapter, bool block); /* rfkill */
/* Until it is powered off and on. */
bool bluez_stick(struct bluez *bz, size_t adapter, enum bluez_stuck how);
bool bluez_plug(struct bluez *bz, size_t adapter, bool in);
/* Its objects go, and come back when it is heard: with what is odd about them now. */
void bluez_reshow(struct bluez *bz, size_t pack);
void bluez_lose(struct bluez *bz, size_t pack, size_t adapter); /* its link there falls */
void bluez_unpair(struct bluez *bz, size_t pack);		/* link down, bond forgotten */
void bluez_deafen(struct bluez *bz, size_t pack);
void bluez_print(const struct bluez *bz, FILE *out); /* the adapters as JSON */
/* Something has changed: look at all timers now. */
void bluez_kick(struct bluez *bz);

#endif
