/*
 * What is kept of a plug's logins over restarts, the document "login":
 *
 *	{"transport":"klap","account":true,"option":"auto","address":"tapo://192.168.1.20"}
 *
 * transport: the best that has let us in; option: what its owner had chosen then. A choice that was
 * made since is the owner's word: it may be less. aes shows the password to whoever answers at the
 * address: it is over with another address.
 */
#include "tapo_drv.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *option_of(const struct tapo_drv *v)
{
	return v->conf.transport ? tapo_transport_name(v->conf.transport) : "auto";
}

struct tapo_known tapo_known_recall(const struct tapo_drv *v, const char *mac)
{
	SV_AUTO_FREE char *text = v->dev->owner.recall(v->dev->owner.ud, v->dev, "login");
	json_auto_t *o = text ? json_loads(text, 0, NULL) : NULL;
	const char *transport = json_string_value(json_object_get(o, "transport"));
	const char *option = json_string_value(json_object_get(o, "option"));
	const char *address = json_string_value(json_object_get(o, "address"));
	enum tapo_transport chosen = v->conf.transport;
	struct tapo_known k = { .transport = tapo_transport_find(transport ? transport : ""),
				.used = transport,
				.account = json_is_true(json_object_get(o, "account")) };

	if (k.transport == TAPO_TRANSPORT_PASS && address &&
	    strcmp(address, v->dev->conf.address) != 0)
		k = (struct tapo_known){ .transport = TAPO_TRANSPORT_UNKNOWN };
	if (chosen && (!k.transport || !option || strcmp(option, option_of(v)) != 0))
		k = (struct tapo_known){ .transport = chosen, .account = k.account };
	if (k.transport == TAPO_TRANSPORT_PASS)
		k.account = false; /* it proves nothing by that */
	snprintf(k.mac, sizeof(k.mac), "%s", mac);
	return k;
}

enum tapo_transport tapo_known_fixed(const struct tapo_conf *c)
{
	return c->transport == TAPO_TRANSPORT_PASS ? TAPO_TRANSPORT_UNKNOWN : c->transport;
}

void tapo_known_keep(struct tapo_drv *v)
{
	const struct tapo_known *k = tapo_link_known(v->link);
	struct jw w = { 0 };

	jw_obj(&w);
	jw_kstr(&w, "transport", k->used ? tapo_transport_name(k->transport) : NULL);
	jw_kbool(&w, "account", k->account);
	jw_kstr(&w, "option", option_of(v));
	jw_kstr(&w, "address", v->dev->conf.address);
	jw_end(&w);
	if (jw_text(&w))
		v->dev->owner.doc(v->dev->owner.ud, v->dev, "login", jw_text(&w));
	jw_free(&w);
}
