// History over the wire: curves, energy, CSV of any length, tariffs and settings.
'use strict';
const fs = require('node:fs');
const https = require('node:https');
const { sql, sleep } = require('./stack.js');
const { DAY, DAYS, T0, fill, range } = require('./rows.js');

const NAME = 'Pack "1", old';

async function setup(s) {
  s.config();
  s.live();
  s.history();
  sql(s.file('config'), `UPDATE device SET name = '${NAME}' WHERE id = 1; INSERT INTO setting VALUES ('zone', 'Europe/Kyiv')`);
  s.cookie = s.session('owner', 4);
  s.operator = s.session('helper', 3);
  s.viewer = s.session('guest', 2);
  fill(s);
  await s.start();
}

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

async function curves(t, c, s) {
  let r = await c.get(`/api/v1/series?device=1,2&metric=power,cycle_count&${range(30)}`, s.viewer);
  t.is([r.status, r.json?.tier, r.json?.columns.map((x) => [x.device, x.metric, x.part])],
    [200, '15min', [1, 2].flatMap((d) => [...['avg', 'min', 'max'].map((p) => [d, 'power', p]), [d, 'cycle_count', 'last']])], 'series: columns');
  t.ok(r.json.data.length === 9 && r.json.data.every((d) => d.length === r.json.data[0].length), 'series: data as uPlot wants it');
  t.is([r.headers['cache-control'], r.headers.vary, /^W\/"[0-9a-f]{16}"$/.test(r.headers.etag)], ['private, max-age=86400, immutable', 'Accept-Encoding, Cookie', true], 'series: what is over may be kept');
  const again = await c.get(`/api/v1/series?device=1,2&metric=power,cycle_count&${range(30)}`, s.viewer, { 'If-None-Match': r.headers.etag });
  t.is([again.status, again.text], [304, ''], 'series: 304');
  r = await c.get(`/api/v1/series?device=1&metric=power&tier=day&${range(30)}&zone=Europe/Berlin`, s.viewer);
  t.problem(r, 409, 'zone_changed', 'series: another zone');
  t.ok(r.json.detail.includes('Europe/Kyiv'), 'series: it names the present one', r.text);
  t.problem(await c.get(`/api/v1/series?device=99&metric=power&${range(1)}`, s.viewer), 404, 'not_found', 'series: unknown device');
  for (const [query, says] of [[`device=1&metric=pwr&${range(1)}`, 'soc'], [`device=1&metric=power&from_ms=${T0 * 1000}&to_ms=${T0 * 1000}`, 'from_ms'],
    [`device=1&metric=power&from_ms=1&to_ms=${T0 * 1000}`, 'from_ms'], [`device=1&metric=power&${range(1)}&points=1000000000`, 'points'],
    [`device=1&metric=power&${range(1)}&tier=5min`, 'tier'], [`device=${Array.from({ length: 16 }, (_, i) => `1,${i + 2}`)}&metric=&${range(1)}`, 'metric'],
    [`device=1&metric=${Array.from({ length: 17 }, (_, i) => `cell_voltages.${i + 1}`)}&${range(1)}`, 'metric']]) {
    r = await c.get(`/api/v1/series?${query}`, s.viewer);
    if (r.status === 404) continue;
    t.problem(r, 400, 'bad_parameter', `series: ${query.slice(0, 60)}`);
    t.ok(r.json.detail.includes(says), `it says ${says}`, r.text);
  }
  const packed = await new Promise((done) => https.get({ host: '127.0.0.1', port: s.port, rejectUnauthorized: false, path: `/api/v1/series?device=1,2&metric=power&points=5000&${range(DAYS)}`, headers: { Cookie: s.viewer, 'Accept-Encoding': 'gzip' } }, (res) => {
    let n = 0;
    res.on('data', (d) => (n += d.length)).on('end', () => done([res.headers['content-encoding'], n]));
  }));
  t.ok(packed[0] === 'gzip' && packed[1] < 300000, 'series: packed on the way', packed);
  r = await c.get(`/api/v1/cells?device=1&${range(3)}`, s.viewer);
  t.is([r.status, r.json?.cells, r.json?.avg, r.json?.t_s.length > 100], [200, 0, [], true], 'cells: none was measured');
  r = await c.get(`/api/v1/energy?by=month&${range(DAYS)}`, s.viewer);
  t.is([r.status, r.json?.zone, r.json?.currency, r.json?.periods.t_ms.length, r.json?.periods.cost[0]], [200, 'Europe/Kyiv', null, 4, null], 'energy: months, without a tariff');
  t.ok(Math.abs(r.json.periods.pv_wh.reduce((a, b) => a + b) - r.json.total.pv_wh) < 1, 'energy: the total');
  t.problem(await c.get(`/api/v1/energy?by=hour&${range(100)}`, s.viewer), 400, 'bad_parameter', 'energy: too many periods');
}

// Reads without ever being in a hurry; gives {status, headers, bytes, first_ms, text}.
function stream(s, path, { cookie = s.viewer, stop_at = Infinity } = {}) {
  return new Promise((done, failed) => {
    const from = performance.now();
    let bytes = 0, first_ms, head = '', tail = '';
    const r = https.get({ host: '127.0.0.1', port: s.port, rejectUnauthorized: false, path, headers: { Cookie: cookie }, agent: false }, (res) => {
      const end = (whole) => done({ status: res.statusCode, headers: res.headers, bytes, first_ms, head, tail, whole });
      res.on('data', (d) => {
        first_ms ??= performance.now() - from;
        bytes += d.length;
        if (head.length < 4096) head += d.toString();
        tail = (tail + d.toString()).slice(-4096);
        if (bytes > stop_at) r.destroy();
      });
      res.on('end', () => end(true)).on('error', () => end(false)).on('aborted', () => end(false));
    });
    r.on('error', (e) => (bytes ? undefined : failed(e)));
  });
}

async function csv(t, c, s) {
  const before = s.worker_pids('export').map(rss);
  let r = await stream(s, `/api/v1/export.csv?kind=battery&tier=15min&${range(DAYS)}`);
  const lines = r.head.split('\r\n');
  t.is([r.status, r.whole, r.headers['content-type'], r.headers['content-disposition']],
    [200, true, 'text/csv; charset=utf-8', 'attachment; filename="svitlo-battery-2024-07-03-2024-10-31.csv"'], 'csv: what it is');
  t.ok(lines[0].startsWith('time,device,covered_s,quality,voltage_v_min,voltage_v_avg,voltage_v_max,'), 'csv: the header', lines[0]);
  // by position, Pack "2" comes first
  t.ok(lines[1].startsWith('2024-07-03T13:00:00+03:00,"Pack ""2""",900,ok,'), 'csv: a row, its name quoted', lines[1]);
  t.ok(r.tail.endsWith('\r\n') && r.tail.includes('"Pack ""1"", old"'), 'csv: ends by a line', r.tail.slice(-200));
  t.ok(r.bytes > 8e6, 'csv: all of it', r.bytes);
  r = await stream(s, `/api/v1/export.csv?tier=15min&${range(DAYS)}`);
  t.ok(r.whole && r.bytes > 30e6 && r.head.startsWith('time,device,metric,unit,min,avg,max\r\n'), 'csv: of all kinds', [r.bytes, r.head.slice(0, 200)]);
  const after = s.worker_pids('export').map(rss);
  t.ok(Math.max(...after) - Math.max(...before) < 16384, 'csv: the worker does not grow with it', [before, after]);
  r = await c.get(`/api/v1/export.csv?kind=plug&${range(1)}`, s.viewer);
  t.is([r.status, r.text.split('\r\n').length], [200, 2], 'csv: of nothing only the header');
  r = await c.ask('HEAD', `/api/v1/export.csv?${range(DAYS)}`, { cookie: s.viewer });
  t.is([r.status, r.text], [200, ''], 'csv: HEAD');
  t.problem(await c.get(`/api/v1/export.csv?kind=x&${range(1)}`, s.viewer), 400, 'bad_parameter', 'csv: unknown kind');
  t.problem(await c.get(`/api/v1/export.csv?device=77&${range(1)}`, s.viewer), 404, 'not_found', 'csv: unknown device');
  t.problem(await c.get(`/api/v1/export.csv?${range(1)}`), 401, 'unauthenticated', 'csv: not for everybody');

  // one that goes away, one that is told to wait, and a worker that is stopped meanwhile
  r = await stream(s, `/api/v1/export.csv?tier=15min&${range(DAYS)}`, { stop_at: 1e6 });
  t.ok(!r.whole && r.bytes < 30e6, 'csv: the client goes away', r.bytes);
  for (let i = 0; i < 50 && (await c.get(`/api/v1/export.csv?kind=plug&${range(1)}`, s.viewer)).status === 429; i++) await sleep(100);
  t.is((await c.get(`/api/v1/export.csv?kind=plug&${range(1)}`, s.viewer)).status, 200, 'csv: the worker has noticed');
  const slow = https.get({ host: '127.0.0.1', port: s.port, rejectUnauthorized: false, agent: false, path: `/api/v1/export.csv?tier=15min&${range(DAYS)}`, headers: { Cookie: s.viewer } });
  const res = await new Promise((done) => slow.on('response', done));
  res.pause();
  t.problem(await c.get(`/api/v1/export.csv?${range(1)}`, s.viewer), 429, 'too_many', 'csv: one at a time');
  t.is((await c.get(`/api/v1/series?device=1&metric=power&${range(1)}`, s.viewer)).status, 200, 'csv: the others are answered meanwhile');
  // nobody holds a read transaction: all of the WAL can be written back
  sql(s.file('history'), "INSERT INTO event (t_ms, kind) VALUES (1, 'x')");
  t.is(sql(s.file('history'), 'PRAGMA wal_checkpoint(TRUNCATE)').split('|')[0], '0', 'csv: a slow client does not keep the WAL');
  const broken = new Promise((done) => res.on('end', () => done('whole')).on('error', () => done('broken')).on('aborted', () => done('broken')));
  s.pools.export.kill('SIGTERM');
  await sleep(300);
  res.resume();
  t.is(await broken, 'broken', 'csv: what was broken off does not look whole');
}

async function tariffs(t, c, s) {
  const post = (body, cookie = s.cookie) => c.ask('POST', '/api/v1/tariffs', { body, cookie });
  const june = { valid_from: '2024-06-01', currency: 'UAH', day_price: 4.32, night_price: 2.16, export_price: 1.5, month_fee: 30 };
  t.problem(await post(june, s.operator), 403, 'forbidden', 'tariffs: only an admin');
  let r = await post(june);
  t.is([r.status, r.json], [201, { id: 1, ...{ valid_from: '2024-06-01', currency: 'UAH', day_price: 4.32, night_price: 2.16 }, night_from: '23:00', night_to: '07:00', export_price: 1.5, month_fee: 30 }], 'tariffs: add');
  r = await post(june);
  t.problem(r, 409, 'exists', 'tariffs: one a day');
  t.is(r.json.tariff, 1, 'tariffs: it names the other');
  t.is((await post({ valid_from: '2024-01-01', currency: '₴', day_price: 2, night_price: null })).json?.night_price, null, 'tariffs: one price');
  r = await c.get('/api/v1/tariffs', s.viewer);
  t.is(r.json?.tariffs.map((x) => x.valid_from), ['2024-01-01', '2024-06-01'], 'tariffs: by day');
  for (const bad of [{ ...june, valid_from: '2024-02-30' }, { ...june, valid_from: 'yesterday' }, { ...june, night_from: '24:00' }, { ...june, night_to: '7:000' }, { ...june, day_price: -1 },
    { ...june, day_price: null }, { ...june, currency: '' }, { currency: 'UAH', day_price: 1 }])
    t.problem(await post(bad), 400, 'bad_parameter', `tariffs: ${JSON.stringify(bad).slice(0, 80)}`);
  const patch = (id, body, cookie = s.cookie) => c.ask('PATCH', `/api/v1/tariffs/${id}`, { body, cookie });
  r = await patch(1, { night_price: null, night_from: '22:30' });
  t.is([r.status, r.json?.night_price, r.json?.night_from, r.json?.day_price], [200, null, '22:30', 4.32], 'tariffs: change');
  t.problem(await patch(1, { valid_from: '2024-01-01' }), 409, 'exists', 'tariffs: a day that is taken');
  t.problem(await patch(9, { day_price: 1 }), 404, 'not_found', 'tariffs: there is none');
  t.problem(await patch(1, {}), 400, 'bad_parameter', 'tariffs: nothing to change');
  t.problem(await patch(1, { day_price: 1 }, s.operator), 403, 'forbidden', 'tariffs: change, only an admin');
  r = await c.get(`/api/v1/energy?by=month&${range(DAYS)}`, s.viewer);
  t.ok(r.json?.currency === 'UAH' && r.json.total.cost > 0 && Math.abs(r.json.periods.cost[0] - r.json.periods.import_wh[0] / 1000 * 4.32) < 0.01, 'energy: its cost', r.json?.periods);
  t.problem(await c.ask('DELETE', '/api/v1/tariffs/1', { cookie: s.viewer }), 403, 'forbidden', 'tariffs: remove, only an admin');
  t.is((await c.ask('DELETE', '/api/v1/tariffs/1', { cookie: s.cookie })).status, 204, 'tariffs: remove');
  t.problem(await c.ask('DELETE', '/api/v1/tariffs/1', { cookie: s.cookie }), 404, 'not_found', 'tariffs: removed already');
}

async function settings(t, c, s) {
  const patch = (body, cookie = s.cookie) => c.ask('PATCH', '/api/v1/settings', { body, cookie });
  const usual = { zone: 'Europe/Kyiv', zone_set: true, keep_10s_days: 14, keep_1min_days: 60, keep_15min_days: 0, card_tbw: 10 };
  t.is((await c.get('/api/v1/settings', s.viewer)).json, usual, 'settings: what goes without saying');
  t.problem(await patch({ card_tbw: 5 }, s.operator), 403, 'forbidden', 'settings: only an admin');
  t.is((await patch({ keep_10s_days: 30, keep_15min_days: 365 })).json, { ...usual, keep_10s_days: 30, keep_15min_days: 365 }, 'settings: changed');
  for (const bad of [{ keep_10s_days: 1 }, { keep_10s_days: 401 }, { keep_15min_days: 364 }, { card_tbw: 0 }, { zone: 'Europe/Nowhere' }, { zone: '../passwd' }, { zone: '' }, { key: 1 }])
    t.problem(await patch(bad), 400, 'bad_parameter', `settings: ${JSON.stringify(bad)}`);
  t.is((await patch({ zone: 'Europe/Berlin' })).json?.zone, 'Europe/Berlin', 'settings: another zone');
  for (let i = 0; i < 4; i++) {
    const r = await c.get(`/api/v1/energy?by=day&from_ms=1729980000000&to_ms=1729980000001`, s.viewer);
    t.is([r.json?.zone, r.json?.periods.t_ms], ['Europe/Berlin', [1729980000000]], 'settings: each worker takes it');
  }
  sql(s.file('config'), "DELETE FROM setting WHERE key = 'zone'");
  t.is((await c.get('/api/v1/settings', s.viewer)).json?.zone_set, false, 'settings: the zone is not set');

  const json = { db_bytes: 1, tiers: [{ name: '10s', bytes: 1, rows: 2, from_ms: 3, keep_days: 14 }] };
  t.is((await c.get('/api/v1/status', s.viewer)).json?.storage, null, 'status: storage is not known yet');
  sql(s.file('live'), `UPDATE collector SET storage = '${JSON.stringify(json)}'`);
  t.is((await c.get('/api/v1/status', s.viewer)).json?.storage, json, 'status: storage as the collector wrote it');
  sql(s.file('history'), "INSERT INTO event (t_ms, kind, data) VALUES (1000, 'start', NULL), (2000, 'switched', '{}'), (3000, 'history_corrupt', '{}')");
  t.is((await c.get('/api/v1/events?from_ms=2000', s.viewer)).json?.events.map((e) => e.t_ms), [3000, 2000], 'events: from a time on');
  t.is((await c.get('/api/v1/events?kind=history_corrupt', s.viewer)).json?.events.length, 1, 'events: a kind of history');
}

module.exports = Object.fromEntries(Object.entries({ curves, csv, tariffs, settings }).map(([k, run]) => [k, { setup, run }]));
