// Right answers, and wrong questions.
'use strict';
const fs = require('node:fs');
const http2 = require('node:http2');
const { execFileSync } = require('node:child_process');
const { build, sql } = require('./stack.js');

const SECURITY = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
};

async function setup(s) {
  s.config();
  s.live();
  s.cookie = s.session('owner', 4);
  await s.start();
}

async function answers(t, c, s) {
  let r = await c.get('/api/v1/health');
  t.is([r.status, r.json?.status, r.json?.claimed, r.json?.collector.state], [200, 'ok', true, 'running'], 'health');
  t.is(Object.keys(r.json), ['status', 'version', 'time_ms', 'claimed', 'collector'], 'health says no more than it should');

  r = await c.get('/api/v1/live', s.cookie);
  t.is(r.json?.devices.map((d) => [d.id, d.state, d.quality]),
    [[2, 'live', 'suspect'], [1, 'live', 'ok'], [3, 'disabled', 'none'], [4, 'searching', 'none']], 'live: devices in order, with quality');
  const [b, a] = r.json.devices;
  t.is([b.name, b.suspect, a.values.soc, a.values.cell_voltages.length], ['Pack "2"', ['soc'], 71, 16], 'live: values as the collector wrote them');
  t.ok(a.age_ms >= 0 && a.age_ms < 9000 && r.json.devices[3].age_ms === null, 'live: ages', a.age_ms);
  t.is([r.json.bank.packs, r.json.bank.quality, r.json.bank.values.soc], [2, 'suspect', 71], 'live: the bank is as good as its worst pack');
  t.is(r.json.collector.problem, null, 'live: no problem');

  r = await c.get('/api/v1/devices', s.cookie);
  t.is([r.json?.devices.length, r.json?.devices[1].options, r.json?.devices[0].values], [4, { notify: 'auto', adapter: '' }, undefined], 'devices: configuration, no values');
  r = await c.get('/api/v1/devices/1', s.cookie);
  t.is([r.json?.link.rssi, r.json?.info.values.protocol, r.json?.settings, r.json?.position, r.json?.enabled, r.json?.values.soc],
    [-60, 'JK02_32S', null, 1, true, 71], 'device: link, info, settings');
  r = await c.get('/api/v1/devices/4', s.cookie);
  t.is([r.json?.link, r.json?.info, r.json?.values], [null, null, {}], 'device never seen');
  for (const id of ['9', '0', '01', 'x', '1x', '-1', '99999999999999999999', '%31x'])
    t.problem(await c.get(`/api/v1/devices/${id}`, s.cookie), 404, 'not_found', `device ${id} is not there`);
  r = await c.get('/api/v1/metrics', s.cookie);
  const v = r.json?.metrics.find((m) => m.key === 'voltage');
  t.is(v, { key: 'voltage', unit: 'V', kind: 'gauge', shape: 'one', digits: 3, range: [0, 1000] }, 'metrics');
  r = await c.get('/api/v1/session', s.cookie);
  t.is([r.json?.user, r.json?.level, r.json?.expires_ms - r.json?.created_ms], ['owner', 'admin', 86400000], 'session: who am I');
  r = await c.get('/api/v1/session/check', s.cookie);
  t.is([r.status, r.headers['x-svitlo-level'], r.text], [204, 'admin', ''], 'session check: 204 and the level');
}

async function openapi(t, c, s) {
  const doc = (await c.get('/api/v1/openapi.json', s.cookie)).json;
  const printed = JSON.parse(execFileSync(`${build}/svitlo.fcgi`, ['--openapi'], { encoding: 'utf8' }));
  t.is(doc, printed, 'openapi: the same as --openapi prints');
  t.is([doc.openapi, Object.keys(doc.paths).length], ['3.1.0', 35], 'openapi: version and paths');
  sql(s.file('config'), "INSERT INTO job (kind, device, created_ms) VALUES ('capture', 1, 1)");
  sql(s.file('config'), "INSERT INTO command (device, action, by, created_ms, expires_ms, state) VALUES (1, 'on', 'user', 1, 2, 'done')");
  fs.mkdirSync(`${s.dir}/captures`);
  fs.writeFileSync(`${s.dir}/captures/1.cap`, '# svitlo capture 1\n');
  for (const [path, methods] of Object.entries(doc.paths))
    for (const [method, op] of Object.entries(methods)) {
      const wants = Object.keys(op.responses)[0];
      const name = `${method.toUpperCase()} ${path}`;
      const safe = method === 'get';
      const needs = { device: '1', metric: 'soc', by: 'day', from_ms: '1763800000000', to_ms: '1763900000000' };
      const url = path.replace('{id}', '1');
      const query = op.parameters.filter((p) => p.in === 'query' && p.required).map((p) => `${p.name}=${needs[p.name]}`).join('&');
      if (op.security.length) {
        t.problem(await c.ask(method.toUpperCase(), url), 401, 'unauthenticated', `${name}: 401 without a session`);
        t.problem(await c.ask(method.toUpperCase(), url, { cookie: `__Host-svitlo=${'A'.repeat(43)}` }), 401, 'unauthenticated', `${name}: 401 with an unknown session`);
      }
      if (safe) t.is((await c.get(query ? `${url}?${query}` : url, op.security.length ? s.cookie : undefined)).status, Number(wants), `${name} answers`);
      else if (op.requestBody?.required) t.problem(await c.ask(method.toUpperCase(), url, { cookie: s.cookie, body: {}, from: '127.0.0.9' }), 400, 'bad_parameter', `${name} answers`);
      const bad = await c.ask(method.toUpperCase(), `${url}?nonsense=1`, { cookie: s.cookie, from: '127.0.0.8' });
      t.ok(bad.status === 400 && bad.json.detail.includes('nonsense'), `${name}: an unknown parameter is named`, bad.text);
    }
}

async function questions(t, c, s) {
  let r = await c.ask('PUT', '/api/v1/live', { cookie: s.cookie });
  t.problem(r, 405, 'method_not_allowed', 'wrong method');
  t.is(r.headers.allow, 'GET, HEAD', 'wrong method: Allow');
  r = await c.ask('PATCH', '/api/v1/session', { cookie: s.cookie });
  t.is([r.status, r.headers.allow], [405, 'DELETE, GET, HEAD, POST'], 'Allow names all methods of a path');
  t.problem(await c.get('/api/v1/nothing'), 404, 'not_found', 'unknown path');
  t.problem(await c.get('/api/v1//health'), 404, 'not_found', 'empty part in a path');
  t.problem(await c.get('/api/v1/health/'), 404, 'not_found', 'slash at the end');
  t.problem(await c.get('/api/v1/heal%74h?a=%zz'), 400, 'bad_parameter', 'malformed %XX in the query');
  t.is((await c.get('/api/v1/heal%74h')).status, 200, '%XX in a path is decoded');
  r = await c.get(`/api/v1/health?${'a'.repeat(3000)}`);
  t.problem(r, 414, 'too_long', 'too long an address');

  const post = (body, headers, path = '/api/v1/session') => c.ask('POST', path, { body, headers, from: '127.0.0.7' });
  t.problem(await post('{"user":"a",'), 400, 'bad_parameter', 'broken JSON');
  t.problem(await post('{"user":"a","user":"b","password":"12345678"}'), 400, 'bad_parameter', 'a key twice');
  t.problem(await post('[]'), 400, 'bad_parameter', 'not an object');
  t.problem(await post({ user: 'a', password: '12345678', x: 1 }), 400, 'bad_parameter', 'unknown key in the body');
  t.problem(await post({ user: 1, password: '12345678' }), 400, 'bad_parameter', 'wrong type in the body');
  t.problem(await post({ user: 'a\u0000b', password: '12345678' }), 400, 'bad_parameter', 'a zero character');
  t.problem(await post({ user: 'a\nb', password: '12345678' }), 400, 'bad_parameter', 'a line break in a name');
  t.problem(await post({ user: 'a', password: '1234567' }), 400, 'bad_parameter', 'too short a password');
  t.problem(await post({ user: 'a', password: 'п'.repeat(129) }), 400, 'bad_parameter', 'too long a password');
  t.problem(await c.ask('POST', '/api/v1/session', { body: { user: 'a', password: '🔋'.repeat(128) }, from: '127.0.0.6' }), 401, 'bad_login', '128 characters of four bytes are not too long');
  const big = await c.ask('POST', '/api/v1/session', { body: ' '.repeat(20000), from: '127.0.0.6' });
  t.problem(big, 413, 'too_large', 'too large a body, by nginx');
  t.problem(await c.ask('POST', '/api/v1/session', { body: 'user=a', headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: `https://127.0.0.1:${s.port}` }, from: '127.0.0.6' }),
    415, 'unsupported_media_type', 'a form is not JSON');
  t.problem(await c.ask('GET', '/api/v1/health', { body: 'x' }), 400, 'bad_parameter', 'a body where none belongs');

  const origin = (headers) => c.ask('POST', '/api/v1/session', { body: { user: 'a', password: '12345678' }, headers, from: '127.0.0.5' });
  const own = `127.0.0.1:${s.port}`;
  t.problem(await origin({ Origin: 'https://evil.example' }), 403, 'forbidden', 'another origin');
  t.problem(await origin({ Origin: 'null' }), 403, 'forbidden', 'no origin to speak of');
  t.problem(await origin({ Origin: `http://${own}` }), 403, 'forbidden', 'the same host without TLS');
  t.problem(await origin({ 'Sec-Fetch-Site': 'cross-site' }), 403, 'forbidden', 'cross-site');
  t.problem(await origin({ 'Sec-Fetch-Site': 'same-site' }), 403, 'forbidden', 'same site, another host');
  t.problem(await origin({ Origin: `https://${own}` }), 401, 'bad_login', 'the own origin may');
  t.problem(await origin({ 'Sec-Fetch-Site': 'same-origin' }), 401, 'bad_login', 'same-origin may');
  t.problem(await c.ask('DELETE', '/api/v1/session', { cookie: s.cookie, headers: { Origin: 'https://evil.example' } }), 403, 'forbidden', 'another origin cannot log out');
}

async function heads(t, c, s) {
  for (const path of ['/api/v1/health', '/api/v1/live', '/api/v1/devices', '/api/v1/metrics']) {
    const h = await c.ask('HEAD', path, { cookie: s.cookie });
    const g = await c.get(path, s.cookie);
    t.ok(h.status === 200 && h.text === '' && Number(h.headers['content-length']) > 50 && g.text.length > 50, `HEAD ${path}`, [h, g.text.length]);
  }
  const r = await c.get('/api/v1/live', s.cookie);
  const tag = r.headers.etag;
  t.ok(/^W\/"[0-9a-f-]+"$/.test(tag), 'live: weak ETag', tag);
  await new Promise((done) => setTimeout(done, 1500));
  const n = await c.get('/api/v1/live', s.cookie, { 'If-None-Match': tag });
  t.is([n.status, n.text, n.headers.etag], [304, '', tag], 'live: 304 when nothing is new');
  const o = await c.get('/api/v1/live', s.cookie, { 'If-None-Match': 'W/"1-2-3"' });
  t.is(o.status, 200, 'live: another ETag gets everything');
}

async function http_2(t, c, s) {
  const session = http2.connect(`https://127.0.0.1:${s.port}`, { rejectUnauthorized: false });
  const ask = (headers, body) => new Promise((done, failed) => {
    const r = session.request(headers);
    let status, text = '';
    r.on('response', (h) => (status = h[':status']));
    r.on('data', (d) => (text += d));
    r.on('end', () => done({ status, text }));
    r.on('error', failed);
    r.end(body);
  });
  const [name, value] = [s.cookie, 'a=b'];
  const live = await ask({ ':path': '/api/v1/live', cookie: [value, name] });
  t.is([live.status, JSON.parse(live.text).devices.length], [200, 4], 'HTTP/2, with the cookie among others');
  const post = await ask({ ':path': '/api/v1/session', ':method': 'POST', 'content-type': 'application/json', origin: `https://127.0.0.1:${s.port}` },
    '{"user":"a","password":"12345678"}');
  t.is(post.status, 401, 'HTTP/2: the own origin is known by :authority');
  session.close();
}

async function page(t, c, s) {
  fs.writeFileSync(`${s.dir}/page/icon.svg`, '<svg/>');
  const rows = [
    ['/', 200, 'no-cache'], ['/index.html', 200, 'no-cache'], ['/sw.js', 200, 'no-cache'], ['/manifest.webmanifest', 200, 'no-cache'],
    ['/battery/1', 200, 'no-cache'], ['/icon.svg', 200, 'no-cache'], ['/assets/main-0123abcd.js', 200, 'public, max-age=31536000, immutable'],
    ['/assets/gone-0123abcd.js', 404, undefined], ['/missing.png', 404, 'no-cache'], ['/api', 404, 'no-store'],
    ['/api/v1/health', 200, 'no-store'], ['/api/v1/live', 401, 'no-store'], ['/api/v1/nothing', 404, 'no-store'], ['/svitlo-check', 404, undefined],
  ];
  for (const [path, status, cache] of rows) {
    const r = await c.get(path);
    t.is([r.status, r.headers['cache-control']], [status, cache], `GET ${path}`);
    t.is(Object.keys(SECURITY).map((h) => r.headers[h]), Object.values(SECURITY), `security headers on ${path}`);
    t.is(r.headers.server, 'nginx', `no version on ${path}`);
  }
  const live = await c.get('/api/v1/live', s.cookie);
  t.is([live.headers['cache-control'], live.headers['content-security-policy']], ['no-store', SECURITY['content-security-policy']], 'live: headers of an answer');
  const zip = await c.get('/assets/main-0123abcd.js', undefined, { 'Accept-Encoding': 'gzip' });
  t.is([zip.headers['content-encoding'], zip.headers['content-type']], ['gzip', 'text/javascript; charset=utf-8'], 'scripts are compressed');
  t.is((await c.get('/battery/1')).text, (await c.get('/index.html')).text, 'paths of the page get the page');
  t.ok(!s.log('nginx').includes('__Host'), 'no cookie in the log');
}

module.exports = Object.fromEntries(Object.entries({ answers, openapi, questions, heads, http_2, page }).map(([k, run]) => [k, { setup, run }]));
