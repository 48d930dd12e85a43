/*
 * Frame encoder. See jkenc.h for the frame, and the comment at each write for the field.
 *
 * Offsets and scales are taken from public captures of the three generations; this file shares
 * nothing with the decoder under test, so that each checks the other.
 */
#include "jkenc.h"

#include <math.h>
#include <string.h>

/* Simulated clocks start at 2025-11-23 12:13:20 UTC; the wire counts seconds since 2020. */
#define CLOCK_START_S 186063200u
#define HOUSE_START_S 36000.0

static void put8(uint8_t *out, size_t at, unsigned v)
{
	out[at] = (uint8_t)v;
}

static void put16(uint8_t *out, size_t at, unsigned v)
{
	out[at] = (uint8_t)v;
	out[at + 1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *out, size_t at, uint32_t v)
{
	put16(out, at, v & 0xFFFF);
	put16(out, at + 2, v >> 16);
}

/* Fixed point; negative values wrap to two's complement, which is what the signed fields want. */
static void fix16(uint8_t *out, size_t at, double v, double scale)
{
	put16(out, at, (uint16_t)lround(v * scale));
}

static void fix32(uint8_t *out, size_t at, double v, double scale)
{
	put32(out, at, (uint32_t)lround(v * scale));
}

static void put_float(uint8_t *out, size_t at, double v)
{
	float f = (float)v;
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	put32(out, at, bits);
}

/* Strings fill their field without a NUL when they are as long as it. */
static void put_text(uint8_t *out, size_t at, size_t room, const char *s)
{
	size_t n = strnlen(s, room);

	memcpy(out + at, s, n);
}

uint8_t jkenc_sum(const uint8_t *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += p[i];
	return (uint8_t)sum;
}

static void frame_begin(uint8_t *out, enum jk_frame_type type, uint8_t counter)
{
	memset(out, 0, JK_FRAME_SIZE);
	memcpy(out, (uint8_t[]){ 0x55, 0xAA, 0xEB, 0x90 }, 4);
	out[4] = (uint8_t)type;
	out[5] = counter;
}

static void frame_end(uint8_t *out)
{
	out[JK_FRAME_SIZE - 1] = jkenc_sum(out, JK_FRAME_SIZE - 1);
}

void jk_encode_command(uint8_t out[static JK_ACK_SIZE], uint8_t command)
{
	memset(out, 0, JK_ACK_SIZE);
	memcpy(out, (uint8_t[]){ 0xAA, 0x55, 0x90, 0xEB, command }, 5);
	out[JK_ACK_SIZE - 1] = jkenc_sum(out, JK_ACK_SIZE - 1);
}

void jk_encode_ack(uint8_t out[static JK_ACK_SIZE])
{
	memset(out, 0, JK_ACK_SIZE);
	memcpy(out, (uint8_t[]){ 0xAA, 0x55, 0x90, 0xEB, 0xC8, 1, 1 }, 7);
	out[JK_ACK_SIZE - 1] = jkenc_sum(out, JK_ACK_SIZE - 1);
}

struct cell_summary {
	uint32_t mask;
	double avg_v, delta_v;
	size_t highest, lowest;
};

static struct cell_summary summarize(const struct model_pack *p)
{
	struct cell_summary s = { .mask = 0 };
	const double *v = p->bms.cell_v;
	double sum = 0;

	for (size_t i = 0; i < p->n_cells; i++) {
		s.mask |= 1u << i;
		sum += v[i];
		s.highest = v[i] > v[s.highest] ? i : s.highest;
		s.lowest = v[i] < v[s.lowest] ? i : s.lowest;
	}
	s.avg_v = sum / (double)p->n_cells;
	s.delta_v = v[s.highest] - v[s.lowest];
	return s;
}

static void encode_cells_jk04(uint8_t *out, const struct model_pack *p)
{
	const struct model_bms *b = &p->bms;
	struct cell_summary s = summarize(p);

	for (size_t i = 0; i < p->n_cells; i++) {
		put_float(out, 6 + 4 * i, b->cell_v[i]);
		put_float(out, 102 + 4 * i, p->cell[i].wire_ohm);
	}
	put_float(out, 202, s.avg_v);
	put_float(out, 206, s.delta_v);
	put32(out, 214, s.mask);
	put8(out, 218, (unsigned)s.highest);
	put8(out, 219, (unsigned)s.lowest);
	put8(out, 220, b->balancing);
	put8(out, 221, 1);
	put_float(out, 222, b->balance_a);
	put_float(out, 234, 3.1686); /* reference voltage */
	put32(out, 286, (uint32_t)p->on_for_s);
	put_float(out, 294, 2.1);
}

/* What stands at the same place in 24S and 32S, but for a shift of 32 bytes. */
static void encode_pack_block(uint8_t *out, size_t shift, const struct model_pack *p)
{
	const struct model_bms *b = &p->bms;

	fix32(out, shift + 118, b->pack_v, 1000);
	fix32(out, shift + 122, fabs(b->pack_v * b->current_a), 1000); /* power has no sign */
	fix32(out, shift + 126, b->current_a, 1000);
	fix16(out, shift + 130, b->temp_c[0], 10);
	fix16(out, shift + 132, b->temp_c[1], 10);
	fix16(out, shift + 138, b->balance_a, 1000);
	put8(out, shift + 140, b->balancing);
	put8(out, shift + 141, (unsigned)lround(100 * b->counted_ah / b->full_ah));
	fix32(out, shift + 142, b->counted_ah, 1000);
	fix32(out, shift + 146, b->full_ah, 1000);
	put32(out, shift + 150, (uint32_t)(b->cycle_ah / p->nominal_ah));
	fix32(out, shift + 154, b->cycle_ah, 1000);
	put8(out, shift + 158, shift ? (unsigned)lround(b->soh_pct) : 100);
	put32(out, shift + 162, (uint32_t)p->uptime_s);
	put8(out, shift + 166, b->charge_on);
	put8(out, shift + 167, b->discharge_on);
	/* seconds until a protection lets go: discharge over-current, charge over-current */
	put16(out, shift + 170, (unsigned)ceil(b->guard[3].left_s));
	put16(out, shift + 174, (unsigned)ceil(b->guard[2].left_s));
	put16(out, shift + 184, 1);
	put16(out, shift + 188, 1250); /* current correction */
	fix16(out, shift + 190, fmax(0, b->current_a) * 0.0001, 1000);
	fix16(out, shift + 192, fmax(0, -b->current_a) * 0.0001, 1000);
	put_float(out, shift + 194, 3.00937); /* voltage correction */
	fix32(out, shift + 214, p->on_for_s, 10);
}

/* Boards before 14.x have no sensors 4 and 5; they send zeros there. */
static void encode_tail_32s(uint8_t *out, const struct jk_identity *id, const struct model *m,
			    const struct model_pack *p)
{
	const struct model_bms *b = &p->bms;
	bool full = id->product->major >= 14;

	put8(out, 214, full ? 0xFF : 0x07);
	fix16(out, 234, b->pack_v, 100);
	put8(out, 239, 1);
	put8(out, 245, b->current_a > 0);
	if (full) {
		fix16(out, 254, b->mos_c, 10); /* a copy of the MOS temperature */
		fix16(out, 256, b->temp_c[3], 10);
		fix16(out, 258, b->temp_c[4], 10);
		put32(out, 266, b->total_log);
		put8(out, 275, m->chem->battery_type);
	}
	if (id->product->major >= 15)
		put8(out, 280, b->counted_ah >= b->full_ah ? 2 : 0);
	put32(out, 262, CLOCK_START_S + (uint32_t)(m->time_s - HOUSE_START_S));
	put32(out, 270, 86400);
	put8(out, 287, 0xFE);
}

uint32_t jk_error_bits(const struct jk_identity *id, const struct model_pack *p)
{
	switch (id->product->generation) {
	case JK02_32S:
		return p->bms.alarms | (id->default_password ? 1u << 19 : 0);
	case JK02_24S:
		return p->bms.alarms & 0xFFFF;
	case JK04:
	case JK_GENERATION__MAX:
		break;
	}
	return 0;
}

static void encode_cells_jk02(uint8_t *out, const struct jk_identity *id, const struct model *m,
			      const struct model_pack *p)
{
	bool wide = id->product->generation == JK02_32S;
	size_t head = wide ? 16 : 0, shift = wide ? 32 : 0;
	struct cell_summary s = summarize(p);
	uint32_t wires = 0;

	for (size_t i = 0; i < p->n_cells; i++) {
		fix16(out, 6 + 2 * i, p->bms.cell_v[i], 1000);
		fix16(out, head + 64 + 2 * i, p->cell[i].wire_ohm, 1000);
		wires |= (uint32_t)(p->cell[i].wire_ohm > 0.3) << i;
	}
	put32(out, head + 54, s.mask);
	fix16(out, head + 58, s.avg_v, 1000);
	fix16(out, head + 60, s.delta_v, 1000);
	put8(out, head + 62, (unsigned)s.highest);
	put8(out, head + 63, (unsigned)s.lowest);
	put32(out, shift + 114, wires);
	encode_pack_block(out, shift, p);
	if (wide) {
		fix16(out, 144, p->bms.mos_c, 10);
		put32(out, 166, jk_error_bits(id, p));
		encode_tail_32s(out, id, m, p);
	} else {
		fix16(out, 134, p->bms.mos_c, 10);
		put16(out, 136, jk_error_bits(id, p));
		put16(out, 168, 0x068F); /* constant on old boards, meaning unknown */
		put8(out, 182, 0x07);
	}
}

void jk_encode_cells(uint8_t out[static JK_FRAME_SIZE], const struct jk_identity *id,
		     const struct model *m, const struct model_pack *p, uint8_t counter)
{
	frame_begin(out, JK_TYPE_CELLS, counter);
	if (id->product->generation == JK04)
		encode_cells_jk04(out, p);
	else
		encode_cells_jk02(out, id, m, p);
	frame_end(out);
}

static void encode_settings_jk04(uint8_t *out, const struct model_pack *p)
{
	const struct model_limits *l = &p->limits;

	put_float(out, 6, 1.0);
	put32(out, 34, (uint32_t)p->n_cells);
	put_float(out, 38, l->power_off_v);
	put_float(out, 74, 3.01548); /* voltage calibration */
	put_float(out, 98, l->balance_start_v);
	put_float(out, 102, 3.4);
	put_float(out, 106, l->balance_trigger_v);
	put_float(out, 110, l->balance_max_a);
	put32(out, 114, p->bms.balance_switch);
}

static void encode_settings_jk02(uint8_t *out, const struct jk_identity *id,
				 const struct model_pack *p)
{
	const struct model_limits *l = &p->limits;
	bool wide = id->product->generation == JK02_32S;

	fix32(out, 6, l->sleep_v, 1000);
	fix32(out, 10, l->cell_uvp_v, 1000);
	fix32(out, 14, l->cell_uvp_clear_v, 1000);
	fix32(out, 18, l->cell_ovp_v, 1000);
	fix32(out, 22, l->cell_ovp_clear_v, 1000);
	fix32(out, 26, l->balance_trigger_v, 1000);
	if (wide) {
		fix32(out, 30, l->soc100_v, 1000);
		fix32(out, 34, l->soc0_v, 1000);
		fix32(out, 38, l->charge_v, 1000);
		fix32(out, 42, l->float_v, 1000);
	}
	fix32(out, 46, l->power_off_v, 1000);
	fix32(out, 50, l->charge_a, 1000);
	put32(out, 54, l->charge_oc_delay_s);
	put32(out, 58, l->charge_oc_clear_s);
	fix32(out, 62, l->discharge_a, 1000);
	put32(out, 66, l->discharge_oc_delay_s);
	put32(out, 70, l->discharge_oc_clear_s);
	put32(out, 74, l->short_clear_s);
	fix32(out, 78, l->balance_max_a, 1000);
	fix32(out, 82, l->charge_ot_c, 10);
	fix32(out, 86, l->charge_ot_clear_c, 10);
	fix32(out, 90, l->discharge_ot_c, 10);
	fix32(out, 94, l->discharge_ot_clear_c, 10);
	fix32(out, 98, l->charge_ut_c, 10);
	fix32(out, 102, l->charge_ut_clear_c, 10);
	fix32(out, 106, l->mos_ot_c, 10);
	fix32(out, 110, l->mos_ot_clear_c, 10);
	put32(out, 114, (uint32_t)p->n_cells);
	put32(out, 118, p->bms.charge_switch);
	put32(out, 122, p->bms.discharge_switch);
	put32(out, 126, p->bms.balance_switch);
	fix32(out, 130, p->nominal_ah, 1000);
	put32(out, 134, l->short_delay_us);
	fix32(out, 138, l->balance_start_v, 1000);
	if (wide) {
		put32(out, 270, 1);	 /* device address */
		put32(out, 274, 5);	 /* pre-charge time, s */
		put16(out, 282, 0x0010); /* display always on */
		put8(out, 284, 5);	 /* heating start, degC */
		put8(out, 285, 10);	 /* heating stop, degC */
		put8(out, 286, 24);	 /* smart sleep, h */
		put8(out, 287, 254);
	}
}

void jk_encode_settings(uint8_t out[static JK_FRAME_SIZE], const struct jk_identity *id,
			const struct model_pack *p, uint8_t counter)
{
	frame_begin(out, JK_TYPE_SETTINGS, counter);
	if (id->product->generation == JK04)
		encode_settings_jk04(out, p);
	else
		encode_settings_jk02(out, id, p);
	frame_end(out);
}

static void encode_device_32s(uint8_t *out)
{
	put_text(out, 134, 16, "Input Userdata");
	put8(out, 184, 1);	 /* UART1: RS485 Modbus */
	put8(out, 185, 4);	 /* CAN: Victron */
	put32(out, 186, 0x03CF); /* UART1 protocols on offer */
	put32(out, 202, 0x07DF); /* CAN protocols on offer */
	put8(out, 218, 1);	 /* UART2 */
	put32(out, 219, 0x03CF);
	put8(out, 235, 11); /* dry contact 1: battery low temperature */
	put8(out, 237, 1);  /* protocol library */
	put32(out, 246, 9); /* its trigger and release, % */
	put32(out, 250, 11);
	put32(out, 262, 0x5180); /* data stored period, cut to 16 bits as on real units */
	put8(out, 266, 10);	 /* RCV 1.0 h */
	put8(out, 267, 80);	 /* RFV 8.0 h */
	put8(out, 268, 1);
	put8(out, 287, 0xFE);
}

void jk_encode_device(uint8_t out[static JK_FRAME_SIZE], const struct jk_identity *id,
		      const struct model_pack *p, uint8_t counter)
{
	frame_begin(out, JK_TYPE_DEVICE, counter);
	put_text(out, 6, 16, id->product->model);
	put_text(out, 22, 8, id->product->hw);
	put_text(out, 30, 8, id->product->sw);
	put32(out, 38, (uint32_t)p->uptime_s);
	put32(out, 42, p->bms.power_ons);
	put_text(out, 46, 16, id->name);
	put_text(out, 62, 16, "1234"); /* device passcode */
	if (id->product->generation != JK04) {
		put_text(out, 78, 8, id->made);
		put_text(out, 86, 11, id->serial);
		put_text(out, 97, 5, "0000"); /* passcode */
		put_text(out, 102, 16, "Input Userdata");
		put_text(out, 118, 16, "123456"); /* setup passcode */
	}
	if (id->product->generation == JK02_32S)
		encode_device_32s(out);
	frame_end(out);
}

void jk_encode_log(uint8_t out[static JK_FRAME_SIZE], const struct model_pack *p, uint8_t counter)
{
	frame_begin(out, JK_TYPE_LOG, counter);
	put32(out, 6, (uint32_t)p->bms.n_log);
	for (size_t i = 0; i < p->bms.n_log; i++) {
		put32(out, 11 + 5 * i, p->bms.log[i].uptime_s);
		put8(out, 15 + 5 * i, p->bms.log[i].code);
	}
	frame_end(out);
}
