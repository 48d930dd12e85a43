/* svitlo.fcgi: the REST API behind nginx. spawn-fcgi or systemd gives the socket as fd 0. */
#include "routes.h"
#include "worker.h"

#include "svitlo/conf.h"
#include "svitlo/log.h"
#include "svitlo/version.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAIN_MAP_BYTES 262144 /* what is larger goes back to the system when it is freed */

static const char usage[] =
	"svitlo.fcgi [-c FILE] [-o SECTION.KEY=VALUE]...   serve the socket on fd 0\n"
	"            --openapi   print the API as OpenAPI 3.1\n"
	"            --check     check the table of routes and the configuration\n"
	"            --version\n"
	"SVITLO_CONF names the configuration file where -c doesn't.\n";

enum { OPT_OPENAPI = 256, OPT_CHECK, OPT_VERSION, OPT_HELP };

static const struct option options[] = {
	{ "conf", required_argument, NULL, 'c' },
	{ "option", required_argument, NULL, 'o' },
	{ "openapi", no_argument, NULL, OPT_OPENAPI },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int print_openapi(void)
{
	struct jw w = { 0 };
	const char *text;

	openapi_write(&w);
	text = jw_text(&w);
	if (text)
		puts(text);
	jw_free(&w);
	return text && fflush(stdout) == 0 ? 0 : 1;
}

static int set_option(struct conf *conf, const char *arg, struct err *e)
{
	const char *eq = strchr(arg, '=');
	char name[80];

	if (!eq || eq - arg >= (int)sizeof(name))
		return err_set(e, -EINVAL, "-o %.60s: expected SECTION.KEY=VALUE", arg);
	memcpy(name, arg, (size_t)(eq - arg));
	name[eq - arg] = 0;
	return conf_set(conf, name, eq + 1, e);
}

/* Options override the file, wherever they stand. */
static int read_conf(struct conf *conf, int argc, char **argv, struct err *e)
{
	const char *file = getenv("SVITLO_CONF");
	int c, r = 0;

	conf_defaults(conf);
	optind = 1;
	while ((c = getopt_long(argc, argv, "c:o:", options, NULL)) != -1)
		if (c == 'c')
			file = optarg;
	if (file && *file)
		r = conf_load(conf, file, e);
	optind = 1;
	while (r == 0 && (c = getopt_long(argc, argv, "c:o:", options, NULL)) != -1)
		if (c == 'o' && optarg)
			r = set_option(conf, optarg, e);
	return r;
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	struct conf conf;
	int c, mode = 0;

	while ((c = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
		if (c == '?')
			return fputs(usage, stderr), 2;
		if (c >= OPT_OPENAPI)
			mode = c;
	}
	if (optind < argc)
		return fputs(usage, stderr), 2;
	if (mode == OPT_HELP)
		return fputs(usage, stdout), 0;
	if (mode == OPT_VERSION)
		return puts(sv_version), 0;
	if (routes_check(routes, routes_count, &e) < 0) {
		log_err("api: %s", err_text(&e));
		return 1;
	}
	if (mode == OPT_OPENAPI)
		return print_openapi();
	if (read_conf(&conf, argc, argv, &e) < 0) {
		log_err("api: %s", err_text(&e));
		return 2;
	}
	log_max = conf.log_level;
	if (mode == OPT_CHECK)
		return 0;
	mallopt(M_MMAP_THRESHOLD, MAIN_MAP_BYTES);
	if (worker_run(&conf, &e) < 0) {
		log_err("api: %s", err_text(&e));
		return 1;
	}
	return 0;
}
