/*
 * How a house is built from its options, and how its time passes.
 */
#include "house.h"

#include <math.h>
#include <string.h>

#define HELD_UP_MAX_S 5.0  /* of a longer pause of this process only the energy is counted */
#define SET_BACK_MS   2000 /* less is only the clocks' disagreement */
#define PV_OVERSIZE   1.5  /* panels that a hybrid can use, of its rated power */
#define BANK_OVERSIZE 1.2
#define APART	      0.1 /* of the load stands before the inverter where a clamp sees it */

static enum jk_generation generation_of(const struct house_options *o, size_t number)
{
	return o->mixed ? (enum jk_generation)(number % JK_GENERATION__MAX) : o->generation;
}

static void init_pack(struct house *h, size_t k)
{
	const struct house_options *o = &h->options;
	struct house_pack *p = &h->pack[k];
	size_t turn = o->mixed ? k / JK_GENERATION__MAX : k;
	const struct jk_product *product = jk_product_find(generation_of(o, k), o->cells, turn);

	jk_identity_init(&p->id, product, o->seed, k);
	p->gatt = (struct gatt_bms){
		.id = &p->id,
		.model = &h->model,
		.pack = &h->model.pack[k],
		.rate_hz = o->rate_hz,
		.chunk = o->chunk ? (uint16_t)o->chunk : product->chunk,
	};
	/* An ATT notification carries three bytes less than the MTU. */
	p->mtu = o->chunk ? (uint16_t)(o->chunk + 3) : product->mtu;
	gatt_init(&p->gatt, o->seed, k);
}

static unsigned rated_of(const struct house_options *o, size_t k)
{
	return o->rated_w ? o->rated_w : inv_families[house_family(o, k)]->rated_w;
}

static size_t count_family(const struct house_options *o, enum inv_kind kind, size_t end)
{
	size_t n = 0;

	for (size_t k = 0; k < end; k++)
		n += house_family(o, k) == kind;
	return n;
}

static size_t count_hybrids(const struct house_options *o)
{
	size_t n = 0;

	for (size_t k = 0; k < o->inverters; k++)
		n += inv_is_hybrid(house_family(o, k));
	return n;
}

/* Without any inverter the packs hang on an ideal one, which nobody can ask. */
static struct model_plant ideal_plant(const struct house_options *o)
{
	return (struct model_plant){
		.hybrid = true,
		.clamp = true,
		.sell = o->sell,
		.dc_pv_max_w = INFINITY,
		.ac_max_w = INFINITY,
		.bank_max_w = INFINITY,
	};
}

static struct model_plant plant_of(const struct house_options *o)
{
	bool hybrid = count_hybrids(o) > 0;
	struct model_plant p = {
		.hybrid = hybrid,
		.clamp = hybrid && o->ct,
		.sell = o->sell,
		.ac_max_w = hybrid ? 0 : INFINITY,
		.apart = !hybrid ? 1
			 : o->ct ? APART
				 : 0,
	};

	if (!o->inverters)
		return ideal_plant(o);
	for (size_t k = 0; k < o->inverters; k++) {
		const struct inv_family *f = inv_families[house_family(o, k)];
		double rated = rated_of(o, k);

		if (!inv_is_hybrid(house_family(o, k))) {
			p.ac_pv_peak_w += rated;
			continue;
		}
		p.dc_pv_max_w += PV_OVERSIZE * rated;
		p.ac_max_w += rated;
		p.bank_max_w += fmin(BANK_OVERSIZE * rated, f->bank_max_w);
	}
	return p;
}

/* The clamp on the mains is the first hybrid's; where there is none, the first string inverter's.
 */
static bool has_clamp(const struct house_options *o, size_t k)
{
	enum inv_kind kind = house_family(o, k);

	if (!o->ct || kind == INV_MICRO || (count_hybrids(o) && !inv_is_hybrid(kind)))
		return false;
	for (size_t i = 0; i < k; i++)
		if (inv_is_hybrid(house_family(o, i)) || house_family(o, i) == kind)
			return false;
	return true;
}

static void init_inverter(struct house *h, size_t k)
{
	const struct house_options *o = &h->options;
	enum inv_kind kind = house_family(o, k);
	const struct inv_setup setup = {
		.seed = o->seed,
		.number = k,
		.turn = count_family(o, kind, k),
		.kind = kind,
		.rated_w = o->rated_w,
		.code = o->code,
		.unit = o->unit,
		.ct = has_clamp(o, k),
		.sell = o->sell,
		.old_firmware = o->old_firmware,
		.area = o->area,
		.share = inv_is_hybrid(kind) ? 1.0 / (double)count_hybrids(o)
					     : rated_of(o, k) / h->model.plant.ac_pv_peak_w,
		.reconnect_s = o->reconnect_s,
	};

	inv_init(&h->inverter[k], &setup, &h->model, h->wall_ms);
}

static void init_plug(struct house *h, size_t k)
{
	const struct plug_setup setup = plug_option_setup(&h->options.plug, h->options.seed, k);

	plug_unit_init(&h->plug[k], &setup, h->last_ms, h->wall_ms);
}

void house_init_at(struct house *h, const struct house_options *o, int64_t now_ms, int64_t wall_ms)
{
	const struct model_setup setup = {
		.seed = o->seed,
		.packs = o->packs,
		.cells = o->cells,
		.chemistry = o->chemistry,
		.soc_pct = o->soc_pct,
		.start_s = o->start_s < 0 ? house_civil_of_day_s(wall_ms) : o->start_s,
		.reconnect_s = o->reconnect_s,
		.outages = o->outages,
		.plant = plant_of(o),
	};

	memset(h, 0, sizeof(*h));
	h->options = *o;
	h->last_ms = now_ms;
	h->wall_ms = wall_ms;
	model_init(&h->model, &setup);
	for (size_t k = 0; k < o->packs; k++)
		init_pack(h, k);
	for (size_t k = 0; k < o->inverters; k++)
		init_inverter(h, k);
	for (size_t k = 0; k < o->plug.count; k++)
		init_plug(h, k);
}

void house_init_now(struct house *h, const struct house_options *o, int64_t now_ms)
{
	house_init_at(h, o, now_ms, 0);
}

/* A millisecond back at midnight would be another day. */
void house_set_wall(struct house *h, int64_t wall_ms)
{
	if (wall_ms > h->wall_ms || wall_ms < h->wall_ms - SET_BACK_MS)
		h->wall_ms = wall_ms;
}

void house_dip(struct house *h, double volts, double seconds)
{
	h->model.grid.dip_v = volts;
	h->dip_until_ms = h->last_ms + (int64_t)(seconds * 1000);
}

/* What hangs on the plugs comes on top of the load by the timetable; with a dark house they are
 * dark too. */
static void step_plugs(struct house *h, double dt_s)
{
	double w = 0;

	for (size_t k = 0; k < h->options.plug.count; k++) {
		struct plug_unit *u = &h->plug[k];

		if (u->dark != h->model.flow.dark)
			plug_unit_power(u, h->model.flow.dark, u->unplugged);
		w += plug_unit_step(u, dt_s);
	}
	h->model.plugs_w = w;
}

void house_advance(struct house *h, int64_t now_ms)
{
	int64_t passed_ms = now_ms - h->last_ms, from_ms = h->wall_ms;
	double w[MODEL_METER__MAX], dt_s;

	h->last_ms = now_ms;
	h->wall_ms += passed_ms;
	if (now_ms >= h->dip_until_ms)
		h->model.grid.dip_v = 0;
	dt_s = fmin((double)passed_ms / 1000, HELD_UP_MAX_S) * h->options.speed;
	step_plugs(h, dt_s);
	model_step(&h->model, dt_s);
	if (passed_ms <= 0)
		return;
	model_read_meters(&h->model, w);
	house_truth_add(&h->truth, w, from_ms, h->wall_ms);
	for (size_t k = 0; k < h->options.inverters; k++)
		inv_count(&h->inverter[k], w, from_ms, h->wall_ms);
	for (size_t k = 0; k < h->options.plug.count; k++)
		plug_unit_count(&h->plug[k], from_ms, h->wall_ms);
}

bool house_advertises(const struct house_pack *p, int64_t now_ms)
{
	return !p->absent && !p->gatt.connected && now_ms >= p->held_until_ms;
}
