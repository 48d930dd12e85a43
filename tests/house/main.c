/*
 * house: a simulated home for svitlo's tests and demonstrations. See README.md.
 */
#include "cap.h"
#include "control.h"
#include "house.h"
#include "plugs.h"
#include "serve.h"
#include "stick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE  2
#define COMMAND_MAX 512

struct arguments {
	struct house_options house;
	const char *bus, *control, *out, *expected;
	size_t frames;
	bool damaged, inverters, plugs;
};

static const char usage[] =
	"usage: house serve [--bus ADDRESS] [--control PATH] [model options]\n"
	"       house list [--inverters|--plugs] [model options]\n"
	"       house cap --out FILE --frames N [--expected FILE] [--damaged] [model options]\n"
	"       house frames --frames N [model options]\n"
	"       house ctl PATH COMMAND ...\n"
	"model options: --seed N --speed X --packs N --cells N --generation G --rate HZ\n"
	"       --chunk C --soc PERCENT --adapters N --chemistry LFP|NMC --neighbours N\n"
	"       --keep-links on|off --start HH:MM|now --outages none|HH:MM-HH:MM,...\n"
	"       --reconnect SECONDS --sell on|off --ct on|off --inverters N --family F --wire W\n"
	"       --rated WATTS --code N --unit N --firmware new|old --pack-area off|on|garbage\n"
	"       --net ADDRESS --port N --modbus-port N --udp-port N --tty PATH --delay MS|MIN-MAX\n"
	"       --refusal exception|v5 --plugs N --plug-models MODEL,... --plug-wire W\n"
	"       --plug-net ADDRESS --plug-port N --plug-udp-port N --plug-delay MS|MIN-MAX\n"
	"       --plug-start off|on|mixed --account EMAIL --password TEXT --spec \"key=value "
	"...\"\n";

static int fail(const char *what)
{
	fprintf(stderr, "house: %s\n", what);
	return EXIT_USAGE;
}

static bool set_frames(struct arguments *a, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value == '-' || end == value || *end || n < 1 || n > 10000000)
		return false;
	a->frames = n;
	return true;
}

/* -> false with ret_error set */
static bool set_argument(struct arguments *a, const char *key, const char *value,
			 char ret_error[static HOUSE_ERROR_MAX])
{
	const struct {
		const char *key;
		const char **field;
	} paths[] = {
		{ "bus", &a->bus },
		{ "control", &a->control },
		{ "out", &a->out },
		{ "expected", &a->expected },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(paths[i].key, key) == 0) {
			*paths[i].field = value;
			return true;
		}
	}
	if (strcmp(key, "spec") == 0)
		return house_options_spec(&a->house, value, ret_error);
	if (strcmp(key, "frames") != 0)
		return house_option_set(&a->house, key, value, ret_error);
	snprintf(ret_error, HOUSE_ERROR_MAX, "frames: wants 1 to 10000000");
	return set_frames(a, value);
}

static bool parse(struct arguments *a, int argc, char **argv,
		  char ret_error[static HOUSE_ERROR_MAX])
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--damaged") == 0) {
			a->damaged = true;
			continue;
		}
		/* Of `list` alone: what to list, without a number after it. */
		if (strcmp(argv[i], "--inverters") == 0 &&
		    (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0)) {
			a->inverters = true;
			continue;
		}
		if (strcmp(argv[i], "--plugs") == 0 &&
		    (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0)) {
			a->plugs = true;
			continue;
		}
		if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc) {
			snprintf(ret_error, HOUSE_ERROR_MAX, "%.60s: %s", argv[i],
				 i + 1 == argc ? "wants a value" : "not an option");
			return false;
		}
		if (!set_argument(a, argv[i] + 2, argv[i + 1], ret_error))
			return false;
		i++;
	}
	return house_options_check(&a->house, ret_error);
}

static int run_serve(const struct arguments *a)
{
	return house_serve(&a->house, a->bus, a->control);
}

static void list_inverters(const struct house *h)
{
	char url[STICK_URL_MAX];

	for (size_t k = 0; k < h->options.inverters; k++) {
		stick_url(h, k, url);
		printf("%s\t%s\t%s\n", url, h->inverter[k].name, h->inverter[k].family->name);
	}
}

static void list_packs(const struct house *h)
{
	for (size_t k = 0; k < h->options.packs; k++) {
		const struct jk_identity *id = &h->pack[k].id;
		const uint8_t *b = id->address;

		printf("%02X:%02X:%02X:%02X:%02X:%02X\t%s\t%s\n", b[0], b[1], b[2], b[3], b[4],
		       b[5], id->name, jk_generation_names[id->product->generation]);
	}
}

static int run_list(const struct arguments *a)
{
	struct house *h = malloc(sizeof(*h));

	if (!h)
		return 1;
	house_init_now(h, &a->house, 0);
	if (a->plugs)
		plugs_list(h, stdout);
	else
		(a->inverters ? list_inverters : list_packs)(h);
	free(h);
	return 0;
}

static int run_cap(const struct arguments *a)
{
	const struct cap_options c = {
		.out = a->out,
		.expected = a->expected,
		.frames = a->frames,
		.damaged = a->damaged,
	};

	if (!a->out || !a->frames)
		return fail("cap needs --out FILE and --frames N");
	return cap_write(&a->house, &c);
}

static int run_frames(const struct arguments *a)
{
	if (!a->frames)
		return fail("frames needs --frames N");
	return cap_frames(&a->house, a->frames);
}

static int run_ctl(int argc, char **argv)
{
	char command[COMMAND_MAX] = "";
	size_t len = 0;

	if (argc < 2)
		return fail("ctl needs PATH and a command");
	for (int i = 1; i < argc; i++) {
		int n = snprintf(command + len, sizeof(command) - len, "%s ", argv[i]);

		if (n < 0 || (size_t)n >= sizeof(command) - len)
			return fail("the command is too long");
		len += (size_t)n;
	}
	return control_send(argv[0], command);
}

static const struct {
	const char *name;
	int (*run)(const struct arguments *a);
} verbs[] = {
	{ "serve", run_serve },
	{ "list", run_list },
	{ "cap", run_cap },
	{ "frames", run_frames },
};

int main(int argc, char **argv)
{
	struct arguments a = { .house = house_defaults };
	char error[HOUSE_ERROR_MAX];

	if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc >= 2 && strcmp(argv[1], "ctl") == 0)
		return run_ctl(argc - 2, argv + 2);
	for (size_t i = 0; argc >= 2 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (!parse(&a, argc - 2, argv + 2, error))
			return fail(error);
		if (a.inverters && verbs[i].run != run_list)
			return fail("--inverters: wants a value");
		if (a.plugs && verbs[i].run != run_list)
			return fail("--plugs: wants a value");
		return verbs[i].run(&a);
	}
	fputs(usage, stderr);
	return EXIT_USAGE;
}
