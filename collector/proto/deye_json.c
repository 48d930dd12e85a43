/* What an inverter is and how it is set, as documents. */
#include "deye.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX	 64
#define TEXT_MAX 32

/* The unit of a key's name. */
static const char *unit_suffix(const char *unit)
{
	static const char *const suffixes[][2] = {
		{ "V", "_v" },	  { "A", "_a" },       { "%", "_pct" },	  { "W", "_w" },
		{ "Hz", "_hz" },  { "Ah", "_ah" },     { "h", "_h" },	  { "s", "_s" },
		{ "d", "_days" }, { "mOhm", "_mohm" }, { "min", "_min" }, { "mV/°C", "_mv_c" },
	};

	for (size_t i = 0; i < SV_LEN(suffixes); i++)
		if (strcmp(suffixes[i][0], unit) == 0)
			return suffixes[i][1];
	return "";
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && strcmp(text + n - k, end) == 0;
}

static void row_key(const struct deye_row *row, char ret[KEY_MAX])
{
	const char *suffix = unit_suffix(row->unit);

	snprintf(ret, KEY_MAX, "%s%s",
		 row->type == DEYE_FIRMWARE ? "firmware"
		 : row->type == DEYE_BITS   ? "status_words"
					    : row->key,
		 ends_with(row->key, suffix) ? "" : suffix);
}

static void put_ascii(const struct deye_image *im, const struct deye_row *row, struct jw *w,
		      const char *key)
{
	char text[TEXT_MAX] = "";
	size_t n = 0;

	for (unsigned i = 0; i < row->count && n + 2 < sizeof(text); i++) {
		int32_t word = deye_image_get(im, (uint16_t)(row->reg + i));
		const char two[] = { (char)((uint32_t)word >> 8), (char)word };

		for (size_t k = 0; word >= 0 && k < sizeof(two); k++)
			if (two[k] > ' ' && two[k] <= '~')
				text[n++] = two[k];
	}
	if (n)
		jw_kstr(w, key, text);
}

static void put_firmware(const struct deye_image *im, const struct deye_row *row, struct jw *w,
			 const char *key)
{
	char text[TEXT_MAX] = "";
	size_t n = 0;

	for (unsigned i = row->count; i-- > 0;) {
		int32_t word = deye_image_get(im, (uint16_t)(row->reg + i));

		if (word >= 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%04x", n ? "-" : "",
					      (unsigned)word & 0xFFFF);
	}
	if (n)
		jw_kstr(w, key, text);
}

/* Bits whose meaning is not known: the words as numbers. */
static void put_words(const struct deye_image *im, const struct deye_row *row, struct jw *w,
		      const char *key)
{
	char text[TEXT_MAX] = "";
	size_t n = 0;

	for (unsigned i = 0; i < row->count; i++) {
		int32_t word = deye_image_get(im, (uint16_t)(row->reg + i));

		if (word < 0)
			return;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d", n ? ", " : "", word);
	}
	jw_kstr(w, key, text);
}

static void put_time(struct jw *w, const char *key, double v)
{
	char text[TEXT_MAX];
	unsigned t = (unsigned)v;

	snprintf(text, sizeof(text), "%02u:%02u", t / 100, t % 100);
	jw_kstr(w, key, text);
}

static void put_row(const struct deye_image *im, const struct deye_unit *u,
		    const struct deye_row *row, struct jw *w)
{
	char key[KEY_MAX];
	double v;

	row_key(row, key);
	if (row->type == DEYE_ASCII)
		put_ascii(im, row, w, key);
	else if (row->type == DEYE_FIRMWARE)
		put_firmware(im, row, w, key);
	else if (row->type == DEYE_BITS)
		put_words(im, row, w, key);
	else if (!deye_row_value(im, u, row, &v))
		return;
	else if (row->type == DEYE_TIME)
		put_time(w, key, v);
	else if (row->mask)
		jw_kbool(w, key, v != 0);
	else
		jw_knum(w, key, v, 2);
}

static void put_part(const struct deye_image *im, const struct deye_unit *u, enum deye_part part,
		     struct jw *w)
{
	for (size_t i = 0; i < im->model->n_rows; i++)
		if (im->model->rows[i].part == part)
			put_row(im, u, &im->model->rows[i], w);
}

void deye_info_json(const struct deye_image *im, const struct deye_unit *u, struct jw *w)
{
	jw_kstr(w, "family", im->model->name);
	if (u->phases)
		jw_kint(w, "phases", u->phases);
	if (u->mppts)
		jw_kint(w, "mppts", u->mppts);
	put_part(im, u, DEYE_INFO, w);
}

void deye_settings_json(const struct deye_image *im, struct jw *w)
{
	/* changes are looked for within one protocol only */
	jw_kstr(w, "protocol", im->model->name);
	put_part(im, NULL, DEYE_SETTINGS, w);
}
