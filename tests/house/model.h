/*
 * The physical model of a home's energy: packs in parallel behind the inverters, sun and load by
 * hour, a grid that comes and goes, and in each pack a BMS that measures, counts, balances and
 * protects.
 *
 * Pure computation: no clock, no I/O, no allocation. Time moves only by model_step(). Time is
 * cut into quanta of fixed length, so that the same seed and the same total time give the same
 * state, however the steps were cut. Current and power: + = charging, + = import.
 *
 * Units: V, A, Ah, W, Ohm, degC, s.
 */
#ifndef HOUSE_MODEL_H
#define HOUSE_MODEL_H

#include "rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_PACKS_MAX	  64
#define MODEL_CELLS_MAX	  32
#define MODEL_SENSORS	  5 /* T1..T5 */
#define MODEL_LOG_MAX	  50
#define MODEL_QUANTUM_S	  0.25
#define MODEL_POINTS_MAX  20
#define MODEL_PHASES	  3
#define MODEL_OUTAGES_MAX 16

enum model_chemistry { MODEL_LFP, MODEL_NMC, MODEL_CHEMISTRY__MAX };

/* What the owner has set in the BMS. Temperatures in degC. */
struct model_limits {
	double cell_uvp_v, cell_uvp_clear_v;
	double cell_ovp_v, cell_ovp_clear_v;
	double balance_trigger_v, balance_start_v, balance_max_a;
	double soc100_v, soc0_v;
	double charge_v, float_v, power_off_v, sleep_v;
	double charge_a, discharge_a;
	unsigned charge_oc_delay_s, charge_oc_clear_s;
	unsigned discharge_oc_delay_s, discharge_oc_clear_s;
	unsigned short_clear_s, short_delay_us;
	double charge_ot_c, charge_ot_clear_c;
	double discharge_ot_c, discharge_ot_clear_c;
	double charge_ut_c, charge_ut_clear_c;
	double mos_ot_c, mos_ot_clear_c;
};

struct model_point {
	double soc, volts;
};

struct model_chem {
	const char *name;
	uint8_t battery_type; /* as on the wire */
	size_t n_points;
	struct model_point ocv[MODEL_POINTS_MAX]; /* rising in both columns */
	struct model_limits limits;
};

struct model_cell {
	double capacity_ah, charge_ah;
	double r_ohm;	  /* ohmic */
	double rp_ohm;	  /* polarisation, time constant MODEL_POLAR_S */
	double leak_a;	  /* self-discharge */
	double wire_ohm;  /* balance wire */
	double polar_v;	  /* state of the polarisation */
	double volts;	  /* at the terminals, truth */
	double offset_v;  /* fault: added to what the BMS measures */
	double balance_a; /* + = the balancer charges this cell */
};

enum model_alarm {
	MODEL_ALARM_WIRE = 0,
	MODEL_ALARM_MOS_OT = 1,
	MODEL_ALARM_CELL_OV = 4,
	MODEL_ALARM_CHARGE_OC = 6,
	MODEL_ALARM_CHARGE_OT = 8,
	MODEL_ALARM_CHARGE_UT = 9,
	MODEL_ALARM_CELL_UV = 11,
	MODEL_ALARM_DISCHARGE_OC = 13,
	MODEL_ALARM_DISCHARGE_OT = 15,
};

#define MODEL_PROTECTIONS 8

struct model_guard {
	double since_s; /* how long the condition has held */
	double left_s;	/* of a release by time */
	bool tripped;
};

/* What the BMS believes; sampled once a quantum. */
struct model_bms {
	double cell_v[MODEL_CELLS_MAX];
	double pack_v, current_a;
	double temp_c[MODEL_SENSORS], mos_c;
	double full_ah, counted_ah, cycle_ah;
	double current_gain, current_offset_a;
	double soh_pct;
	double full_for_s, empty_for_s;
	uint32_t alarms;
	struct model_guard guard[MODEL_PROTECTIONS];
	bool charge_on, discharge_on;			      /* MOSFETs */
	bool charge_switch, discharge_switch, balance_switch; /* set by the owner */
	uint8_t balancing;				      /* 0 off, 1 charging, 2 discharging */
	double balance_a;
	double balance_phase_s;
	uint32_t power_ons;
	struct {
		uint32_t uptime_s;
		uint8_t code;
	} log[MODEL_LOG_MAX];
	size_t n_log;
	uint32_t total_log;
};

struct model_pack {
	size_t n_cells;
	double nominal_ah;
	struct model_cell cell[MODEL_CELLS_MAX];
	double lead_ohm; /* cables, shunt, MOSFETs */
	double current_a, terminal_v;
	double temp_c[MODEL_SENSORS]; /* truth, without forced heat */
	double heat_c[MODEL_SENSORS]; /* fault: added to what the sensor shows */
	double mos_c;
	double uptime_s;  /* total running time */
	double on_for_s;  /* since this start */
	double loss_wh;	  /* turned into heat so far */
	double leaked_ah; /* lost inside cells by self-discharge, sum over cells */
	struct model_limits limits;
	struct model_bms bms;
	struct rng rng;
};

/* Seconds of the house's day; to_s < from_s goes past midnight. */
struct model_outage {
	double from_s, to_s;
};

enum model_grid_mode { MODEL_GRID_AUTO, MODEL_GRID_ON, MODEL_GRID_OFF };

struct model_timetable {
	struct model_outage outage[MODEL_OUTAGES_MAX];
	size_t n;
};

/* The utility, as the meter board sees it. */
struct model_grid {
	struct model_timetable timetable;
	enum model_grid_mode mode;
	double reconnect_s;	    /* how long the inverters watch it before they join */
	double dip_v;		    /* fault: no phase is above it; 0: none */
	double volts[MODEL_PHASES]; /* 0: absent */
	double hz;		    /* 0: absent */
	bool present, joined;	    /* joined: the relay is closed */
	double wait_s;		    /* until it joins */
	double wander_v[MODEL_PHASES], wander_hz;
	struct rng rng;
};

/* What turns sun into power, all inverters together. */
struct model_plant {
	bool hybrid;	     /* the packs hang on it; else they idle */
	bool sell;	     /* what is left over may be exported */
	bool clamp;	     /* it sees the exchange of the whole house, not only its own */
	double dc_pv_max_w;  /* of panels at the hybrids */
	double ac_max_w;     /* of the hybrids' output */
	double bank_max_w;   /* into and out of the bank */
	double ac_pv_peak_w; /* string and micro-inverters in full sun; only with the grid */
	double apart; /* share of the load that is wired before the inverter: dark in an outage */
};

/* The balance of the present quantum, W:
 *
 *     dc_pv + ac_pv + grid - battery = load + loss
 *     inside = grid + ac_pv - apart          at the hybrids' grid terminals, + = into them
 *     output = load - apart - inside         the hybrids' inverters
 */
struct model_flow {
	double dc_pv_w, ac_pv_w; /* really produced */
	double load_w, apart_w;	 /* of the whole house; of it, before the inverter */
	double grid_w, inside_w; /* + = import */
	double battery_w;	 /* + = charging */
	double output_w, loss_w;
	bool dark; /* no grid, and the bank has nothing more to give */
};

/* What is metered; none is negative but MODEL_OUTPUT. */
enum model_meter {
	MODEL_PV, /* of the whole house */
	MODEL_DC_PV,
	MODEL_AC_PV,
	MODEL_LOAD,
	MODEL_BACKUP, /* the load behind the inverter */
	MODEL_IMPORT,
	MODEL_EXPORT,
	MODEL_INSIDE_IMPORT,
	MODEL_INSIDE_EXPORT,
	MODEL_CHARGE,
	MODEL_DISCHARGE,
	MODEL_GENERATOR,
	MODEL_OUTPUT,
	MODEL_METER__MAX
};

struct model {
	const struct model_chem *chem;
	size_t n_packs;
	struct model_pack pack[MODEL_PACKS_MAX];
	double time_s; /* since midnight of the first day */
	double pending_s;
	/* what the sky offers, and what the house draws from the inverters and they need themselves
	 */
	double sun_w, load_w;
	double plugs_w; /* what hangs on plugs, on top of load_w; all of it behind the inverter */
	double cloud;
	bool sun_forced, load_forced;
	double charger_v;  /* per cell: the inverter holds this at the top */
	bool reserve_held; /* the inverter spares a nearly empty bank */
	bool spent;	   /* the bank failed in an outage and is spared until it has recovered */
	double lowest_soc; /* of the packs, 0 .. 1 */
	double bank_wh;	   /* nominal */
	double sun_peak_w; /* of the panels at the hybrids, cloudless at noon */
	double bus_v, bank_w;
	double asked_w; /* of the bank, in this quantum */
	struct model_grid grid;
	struct model_plant plant;
	struct model_flow flow;
	double metered_w[MODEL_METER__MAX]; /* sums over the quanta since the meters were read */
	unsigned metered, quanta;
	struct rng rng;
};

struct model_setup {
	uint64_t seed;
	size_t packs, cells;
	enum model_chemistry chemistry;
	double soc_pct; /* < 0: by the seed */
	double start_s; /* of the day */
	double reconnect_s;
	struct model_timetable outages;
	struct model_plant plant;
};

extern const struct model_chem model_chemistries[MODEL_CHEMISTRY__MAX];

void model_init(struct model *m, const struct model_setup *s);
void model_step(struct model *m, double dt_s);

/* Rest voltage of a cell by state of charge (0 .. 1). */
double model_ocv(const struct model_chem *chem, double soc);

/* A negative value returns to the timetable. */
void model_force_sun(struct model *m, double w);
void model_force_load(struct model *m, double w);
/* -> truth in percent: charge of the weakest cell against its capacity */
double model_true_soc(const struct model_pack *p);

double model_of_day_s(const struct model *m);
double model_sun_height(const struct model *m); /* 0 .. 1 */

/* Mean powers since the last call, or the present ones if no quantum has passed. */
void model_read_meters(struct model *m, double ret_w[static MODEL_METER__MAX]);

/* model_grid.c */
void model_grid_init(struct model_grid *g, const struct model_setup *s);
/* A second of the house's day. */
void model_grid_step(struct model_grid *g, double of_day_s, double dt_s);

/* model_flow.c: what the inverters ask of the bank, and what follows from what it gave. */
double model_flow_ask(struct model *m);
void model_flow_settle(struct model *m);

/* bms.c: what the BMS does in each quantum, after the physics. */
void bms_init(struct model_pack *p, const struct model_chem *chem, double uptime_s);
void bms_step(struct model_pack *p, double dt_s);
void bms_log(struct model_pack *p, uint8_t code);

#endif
