/* svitlo: the collector daemon and its tools. */
#include "account.h"
#include "app.h"
#include "capture_cmd.h"
#include "decode.h"
#include "pipe/devices.h"
#include "probe_cmd.h"
#include "svitlo/conf.h"
#include "svitlo/log.h"
#include "svitlo/util.h"
#include "svitlo/version.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int cmd_run(const struct conf *c, int argc, char **argv)
{
	struct err e = { 0 };

	(void)argv;
	if (argc) {
		fprintf(stderr, "svitlo: run takes no arguments\n");
		return 2;
	}
	umask(0007); /* the API's workers may be of the same group, others see nothing */
	if (app_run(c, &e) < 0) {
		log_err("%s", err_text(&e));
		return 1;
	}
	return 0;
}

static int cmd_device(const struct conf *c, int argc, char **argv)
{
	umask(0007);
	return devices_main(c->store_dir, argc, argv);
}

static int cmd_account(const struct conf *c, int argc, char **argv)
{
	umask(0007);
	return account_main(c, argc, argv);
}

static int cmd_decode(const struct conf *c, int argc, char **argv)
{
	(void)c;
	return decode_main(argc + 1, argv - 1);
}

static int cmd_conf(const struct conf *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	conf_example(stdout);
	return 0;
}

static int cmd_version(const struct conf *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	puts(sv_version);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(const struct conf *c, int argc, char **argv);
	const char *doc;
} commands[] = {
	{ "run", cmd_run, "the daemon" },
	{ "device", cmd_device, "add KIND NAME ADDRESS | list | pin ID | remove ID" },
	{ "account", cmd_account, "set | remove: the TP-Link account of all plugs" },
	{ "capture", capture_main, "DEVICE [--minutes N] [-o FILE]: what a device says, recorded" },
	{ "probe", probe_main, "ADDRESS: is an inverter or a plug there? What it says, as JSON" },
	{ "decode", cmd_decode, "[--format btsnoop|v5|hex|cap] FILE: frames as JSON, a line each" },
	{ "conf", cmd_conf, "prints an example of svitlo.conf" },
	{ "version", cmd_version, "prints the version" },
};

static int usage(FILE *out)
{
	fputs("usage: svitlo [-c svitlo.conf] [-o section.key=value] COMMAND …\n", out);
	for (size_t i = 0; i < SV_LEN(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].doc);
	return out == stdout ? 0 : 2;
}

/* -o section.key=value */
static int set_option(struct conf *c, const char *arg, struct err *e)
{
	const char *eq = strchr(arg, '=');
	char name[160];

	if (!eq || (size_t)(eq - arg) >= sizeof(name))
		return err_set(e, -1, "-o wants section.key=value");
	memcpy(name, arg, (size_t)(eq - arg));
	name[eq - arg] = 0;
	return conf_set(c, name, eq + 1, e);
}

int main(int argc, char **argv)
{
	const char *file = getenv("SVITLO_CONF");
	struct err e = { 0 };
	struct conf c;
	int opt, r = 0;

	conf_defaults(&c);
	if (file && *file)
		r = conf_load(&c, file, &e);
	while (r >= 0 && (opt = getopt(argc, argv, "+c:o:h")) != -1) {
		if (opt == 'c')
			r = conf_load(&c, optarg, &e);
		else if (opt == 'o')
			r = set_option(&c, optarg, &e);
		else
			return usage(opt == 'h' ? stdout : stderr);
	}
	if (r < 0) {
		fprintf(stderr, "svitlo: %s\n", err_text(&e));
		return 2;
	}
	log_max = c.log_level;
	if (optind >= argc)
		return usage(stderr);
	for (size_t i = 0; i < SV_LEN(commands); i++)
		if (strcmp(argv[optind], commands[i].name) == 0)
			return commands[i].fn(&c, argc - optind - 1, argv + optind + 1);
	return usage(stderr);
}
