/* The jobs discover, probe and account: who is on the network, what is at an address, and does a
 * plug there know this account. */
#include "jobs_priv.h"

#include <errno.h>

struct network {
	const struct jobs_network *how;
	void *it;
};

static int network_start(struct job *job, const struct jobs_network *how, const json_t *args,
			 struct err *e)
{
	struct network *n = job->own;

	n->how = how;
	if (!how)
		return err_set(e, -ENOTSUP, "this collector cannot do it");
	n->it = how->start(job->env->ud, args, e);
	return n->it ? 0 : e->code;
}

static int discover_start(struct job *job, json_t *args, struct err *e)
{
	const char *subnet;

	if (json_unpack(args, "{s?s}", "subnet", &subnet) < 0)
		return err_set(e, -EINVAL, "subnet is a text like 192.168.1.0/24");
	if (job_like(job))
		return err_set(e, -EBUSY, "a search is running already");
	return network_start(job, job->env->discover, args, e);
}

static int probe_start(struct job *job, json_t *args, struct err *e)
{
	const char *address, *transport;

	if (json_unpack(args, "{s:s s?s}", "address", &address, "transport", &transport) < 0)
		return err_set(e, -EINVAL, "address is missing");
	return network_start(job, job->env->probe, args, e);
}

static int network_tick(struct job *job, struct err *e)
{
	struct network *n = job->own;

	(void)e;
	jw_reset(&job->result);
	job->progress = n->how->poll(job->env->ud, n->it, &job->result);
	return job->progress >= 1;
}

static int network_end(struct job *job, enum job_end how, struct err *e)
{
	struct network *n = job->own;

	(void)how;
	(void)e;
	n->how->stop(n->it);
	return 0;
}

const struct job_kind job_discover = { .name = "discover",
				       .size = sizeof(struct network),
				       .start = discover_start,
				       .tick = network_tick,
				       .end = network_end };
const struct job_kind job_probe = { .name = "probe",
				    .size = sizeof(struct network),
				    .start = probe_start,
				    .tick = network_tick,
				    .end = network_end };

static int account_start(struct job *job, json_t *args, struct err *e)
{
	void **it = job->own;

	if (!job->env->account)
		return err_set(e, -ENOTSUP, "this collector cannot do it");
	if (job_like(job))
		return err_set(e, -EBUSY, "an account is being tried already");
	*it = job->env->account->start(job->env->ud, args, e);
	return *it ? 0 : e->code;
}

static int account_tick(struct job *job, struct err *e)
{
	void **it = job->own;

	jw_reset(&job->result);
	return job->env->account->poll(job->env->ud, *it, job->wall_ms, &job->progress,
				       &job->result, e);
}

static int account_end(struct job *job, enum job_end how, struct err *e)
{
	void **it = job->own;

	(void)how;
	(void)e;
	job->env->account->stop(*it);
	return 0;
}

const struct job_kind job_account = { .name = "account",
				      .size = sizeof(void *),
				      .start = account_start,
				      .tick = account_tick,
				      .end = account_end };
