/*
 * A plug that is away may be at another address: somebody there says its MAC. Anybody can say that.
 * So it is logged in to first, by what proves that it knows the account; only then its address is
 * believed. securePassthrough proves nothing, and shows the password: such a plug is not followed.
 */
#include "tapo_drv.h"

#include "svitlo/clock.h"
#include "svitlo/log.h"

#include <stdio.h>
#include <string.h>

#define AGAIN_MS 50000 /* less than from one search to the next */

static void on_answer(void *ud, const struct tapo_reply *r)
{
	struct tapo_drv *v = ud;
	struct tapo_move *m = &v->move;
	const struct json_t *result = NULL;
	const char *why = r->text;
	struct tapo_info info;
	char text[PLUG_ADDRESS_MAX];
	int32_t code;

	m->over = true; /* the line is let go from outside of its reply */
	tapo_wake(v);
	plug_address_text(text, &m->seen_now->at);
	if (r->answer)
		result = tapo_answer_get(r->answer, tapo_methods[METHOD_INFO], &code);
	tapo_info_read(&info, result);
	if (result && strcmp(info.mac, tapo_link_mac(v->link)) != 0)
		why = "it is another plug";
	else if (result && tapo_link_built_in(m->link))
		why = "it does not prove that it knows the account";
	else if (result)
		why = NULL;
	if (why) {
		log_notice("device %lld (%s): somebody at %s says that it is it, and is not "
			   "believed: %s",
			   (long long)v->dev->conf.id, v->dev->conf.name, text, why);
		snprintf(m->doubtful, sizeof(m->doubtful),
			 "somebody at %s says that it is this plug, but does not prove it", text);
		if (v->dev->state == DEVICE_LOST)
			device_set(v->dev, DEVICE_LOST, v->dev->reason, m->doubtful);
		return;
	}
	log_notice("device %lld (%s) has moved to %s", (long long)v->dev->conf.id,
		   v->dev->conf.name, text);
	snprintf(v->moved_to, sizeof(v->moved_to), "%s", text);
	v->dev->owner.moved(v->dev->owner.ud, v->dev, text);
}

static void move_try(struct tapo_drv *v, struct tapo_seen *seen)
{
	struct tapo_move *m = &v->move;
	struct tapo_known known = *tapo_link_known(v->link);
	char json[64];

	if (known.transport == TAPO_TRANSPORT_PASS)
		known.transport = TAPO_TRANSPORT_UNKNOWN;
	m->seen_now = seen;
	seen->waits = false;
	seen->tried_ms = clock_mono_ms();
	if (tapo_link_new(&m->link, v->plugs, v->dev->env->ev, &seen->at,
			  tapo_known_fixed(&v->conf), &known) < 0)
		return;
	tapo_put_get(json, sizeof(json), tapo_methods[METHOD_INFO]);
	tapo_link_ask(m->link, json, tapo_methods[METHOD_INFO], TAPO_ASK_READ, on_answer, v);
}

static void move_next(struct tapo_drv *v)
{
	for (unsigned i = 0; !v->move.link && i < TAPO_MOVE_MAX; i++)
		if (v->move.seen[i].waits)
			move_try(v, &v->move.seen[i]);
}

static bool is_at(const struct tapo_seen *s, const struct plug_address *at)
{
	return strcmp(s->at.host, at->host) == 0 && s->at.port == at->port;
}

/* The place of this address, else that of the one that was tried longest ago. NULL: all wait. */
static struct tapo_seen *place_of(struct tapo_move *m, const struct plug_address *at)
{
	struct tapo_seen *oldest = NULL;

	for (struct tapo_seen *s = m->seen; s < m->seen + TAPO_MOVE_MAX; s++) {
		if (is_at(s, at))
			return s;
		if (!s->waits && !(m->link && m->seen_now == s) &&
		    (!oldest || s->tried_ms < oldest->tried_ms))
			oldest = s;
	}
	return oldest;
}

void tapo_move_seen(struct tapo_drv *v, const struct plug_address *at)
{
	struct tapo_seen *s = place_of(&v->move, at);

	if (!s || s->waits || (is_at(s, at) && clock_mono_ms() - s->tried_ms < AGAIN_MS))
		return;
	*s = (struct tapo_seen){ .at = *at, .waits = true };
	move_next(v);
}

void tapo_move_step(struct tapo_drv *v)
{
	if (!v->move.over)
		return;
	v->move.over = false;
	tapo_link_free(v->move.link);
	v->move.link = NULL;
	move_next(v);
}

void tapo_move_end(struct tapo_drv *v)
{
	tapo_link_free(v->move.link);
	v->move.link = NULL;
}
