/*
 * Which products there are and what their firmware can do, from answers of real ones.
 */
#include "plug_unit.h"

const char *const plug_kind_names[PLUG_KIND__MAX] = {
	[PLUG_P100] = "P100",	[PLUG_P105] = "P105",	[PLUG_P110] = "P110",
	[PLUG_P110M] = "P110M", [PLUG_P115] = "P115",	[PLUG_P125M] = "P125M",
	[PLUG_P300] = "P300",	[PLUG_P304M] = "P304M", [PLUG_P306] = "P306",
};

const char *const plug_wire_names[PLUG_WIRE__MAX] = {
	[PLUG_KLAP] = "klap",
	[PLUG_KLAP1] = "klap1",
	[PLUG_AES] = "aes",
	[PLUG_TPAP] = "tpap",
};

#define ANY    PLUG_WIRE__MAX
#define NEWER  (PLUG_LV2 | PLUG_OBD | PLUG_STATES | PLUG_AUTO_OFF_ABLE)
#define METER  (NEWER | PLUG_ENERGY | PLUG_POWER_LIMIT)
#define METER2 (METER | PLUG_OVERCURRENT | PLUG_CHARGING | PLUG_OVERHEAT_STATUS)

/* The first row that fits counts. */
static const struct plug_product products[] = {
	/* clang-format off */
	{ PLUG_P100, PLUG_AES, "P100", "P100", "1.1.3 Build 20191017 Rel. 57937", "1.0.0", "US",
	  { 0x1C, 0x3B, 0xF3 }, 1, PLUG_OLDEST | PLUG_CLOSES | PLUG_NEXT_OLD, 2400 },
	{ PLUG_P100, PLUG_TPAP, "P100", "P100(EU)", "1.4.0 Build 250901 Rel.094530", "1.0.0", "EU",
	  { 0x74, 0xDA, 0x88 }, 1, NEWER, 2400 },
	{ PLUG_P100, ANY, "P100", "P100", "1.4.0 Build 20231017 Rel. 33876", "1.0.0", "EU",
	  { 0x74, 0xDA, 0x88 }, 1, PLUG_LV2 | PLUG_STATES | PLUG_NEXT_OLD, 2400 },
	{ PLUG_P105, ANY, "P105", "P105(US)", "1.2.5 Build 240411 Rel.143808", "1.0", "",
	  { 0x98, 0xBA, 0x5F }, 1, NEWER, 1800 },
	{ PLUG_P110, PLUG_AES, "P110", "P110(EU)", "1.0.7 Build 210629 Rel.174901", "1.0", "",
	  { 0x34, 0x60, 0xF9 }, 1, PLUG_STATES | PLUG_ENERGY | PLUG_ENERGY_OLD, 3680 },
	{ PLUG_P110, PLUG_KLAP1, "P110", "P110(UK)", "1.3.0 Build 230905 Rel.152200", "1.0", "",
	  { 0x48, 0x22, 0x54 }, 1, METER | PLUG_OVERCURRENT, 3379 },
	{ PLUG_P110, PLUG_TPAP, "P110", "P110(EU)", "1.4.0 Build 251020 Rel.101245", "1.0", "",
	  { 0x9C, 0x53, 0x22 }, 1, METER2 | PLUG_EMETER, 3680 },
	{ PLUG_P110, ANY, "P110", "P110(EU)", "1.3.1 Build 240621 Rel.162048", "1.0", "",
	  { 0x9C, 0x53, 0x22 }, 1, METER2 | PLUG_EMETER, 3680 },
	{ PLUG_P110M, ANY, "P110M", "P110M(EU)", "1.2.3 Build 240617 Rel.153525", "1.0", "",
	  { 0xF0, 0xA7, 0x31 }, 1, METER2 | PLUG_EMETER | PLUG_MATTER, 3896 },
	{ PLUG_P115, ANY, "P115", "P115(EU)", "1.2.3 Build 230425 Rel.142542", "1.0", "",
	  { 0xA8, 0x42, 0xA1 }, 1, METER, 3895 },
	{ PLUG_P125M, ANY, "P125M", "P125M(US)", "1.2.5 Build 240411 Rel.143808", "1.0", "",
	  { 0x48, 0x22, 0x55 }, 1, NEWER | PLUG_OVERHEAT_STATUS | PLUG_MATTER, 1800 },
	{ PLUG_P300, PLUG_AES, "P300", "P300(EU)", "1.0.7 Build 220715 Rel.200458", "1.0", "",
	  { 0x78, 0x8C, 0xB5 }, 3, PLUG_LV2 | PLUG_OBD | PLUG_STATES | PLUG_OVERHEAT_STATUS, 3680 },
	{ PLUG_P300, ANY, "P300", "P300(EU)", "1.0.15 Build 231130 Rel.122554", "1.0", "",
	  { 0x78, 0x8C, 0xB5 }, 3, NEWER | PLUG_OVERHEAT_STATUS, 3680 },
	{ PLUG_P304M, ANY, "P304M", "P304M(UK)", "1.0.3 Build 240605 Rel.091502", "1.0", "",
	  { 0xA8, 0x6E, 0x84 }, 4, METER2 | PLUG_MATTER, 3252 },
	{ PLUG_P306, ANY, "P306", "P306(US)", "1.1.0 Build 240805 Rel.113010", "1.0", "",
	  { 0xA8, 0x6E, 0x85 }, 4, METER2 | PLUG_LAMP, 1800 },
	/* clang-format on */
};

const struct plug_product *plug_product_find(enum plug_kind kind, enum plug_wire wire)
{
	const struct plug_product *p = products;

	while (p->kind != kind || (p->wire != ANY && p->wire != wire))
		p++;
	return p;
}
