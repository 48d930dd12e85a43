// Inverters: addresses in many ways of writing and kept in one, options, searches, probes; outages.
'use strict';
const { sql, unlimited } = require('./stack.js');

async function setup(s) {
  s.config();
  s.history();
  s.live();
  s.admin = s.session('owner', 4);
  s.operator = s.session('olena', 3);
  s.viewer = s.session('guest', 2);
  await s.start({ nginx: (conf) => unlimited(conf).replaceAll('fastcgi_cache svitlo_live', '#') });
}

const ask = (c, method, path, cookie, body) => c.ask(method, `/api/v1${path}`, { cookie, body });
const config = (s, text) => sql(s.file('config'), text);
const sorted = (o) => Object.fromEntries(Object.entries(o || {}).sort());
const USUAL = { poll_s: 5, family: 'auto', power_scale: 'auto', battery_scale: 'auto', day_scale: 'auto', total_scale: 'auto', clamp: 'auto', block: 'auto', serial: 0 };

async function refused(t, c, s, method, path, rows) {
  for (const [body, says] of rows) {
    const r = await ask(c, method, path, s.admin, body);
    t.problem(r, 400, 'bad_parameter', `refused: ${method} ${path} ${JSON.stringify(body).slice(0, 90)}`);
    t.ok(r.json?.detail.includes(says), `and told: ${says}`, r.json?.detail);
  }
}

async function inverter_add(t, c, s) {
  const add = (body) => ask(c, 'POST', '/devices', s.admin, { kind: 'deye', name: 'Roof', ...body });
  let r = await add({ address: 'SOLARMAN://Stick.Local:8899/?unit=1&serial=2712345678' });
  t.is([r.status, r.json?.kind, r.json?.address, sorted(r.json?.options), r.json?.has_pin], [201, 'deye', 'solarman://stick.local', sorted({ ...USUAL, serial: 2712345678 }), false],
    'a stick: the address in one way of writing, its serial number among the options');
  const { id } = r.json;
  r = await add({ address: 'solarman://stick.local:8899' });
  t.problem(r, 409, 'exists', 'the same stick written otherwise');
  t.is(r.json?.device, id, 'it names the one that has it');
  for (const [address, kept] of [['solarman://stick.local?unit=2', 'solarman://stick.local?unit=2'], ['modbus://192.168.1.7:502', 'modbus://192.168.1.7'], ['rtu:///dev/ttyUSB0?baud=9600&unit=1', 'rtu:///dev/ttyUSB0'],
    ['modbus://[fe80::1%eth0]:1502', 'modbus://[fe80::1%eth0]:1502']]) {
    r = await add({ address });
    t.is([r.status, r.json?.address], [201, kept], `added: ${address}`);
  }
  const count = config(s, 'SELECT count(*) FROM device');
  const good = { kind: 'deye', name: 'x', address: 'solarman://192.168.1.9' };
  await refused(t, c, s, 'POST', '/devices', [
    [{ ...good, address: '192.168.1.9' }, 'begins with solarman://, modbus:// or rtu://'], [{ ...good, address: 'http://192.168.1.9' }, 'begins with solarman://'],
    [{ ...good, address: 'solarman://' }, 'needs the address'], [{ ...good, address: 'solarman://h:0' }, 'the port is a whole number'], [{ ...good, address: 'solarman://h:65536' }, 'the port is'],
    [{ ...good, address: 'solarman://h:x11111111111111111111' }, 'the port is'], [{ ...good, address: 'solarman://h o' }, 'no blanks'], [{ ...good, address: 'solarman://h?unit=248' }, 'unit is a whole number from 1 to 247'],
    [{ ...good, address: 'solarman://h?serial=4294967296' }, 'serial (of the stick'], [{ ...good, address: 'modbus://h?serial=1' }, 'does not know "serial"'], [{ ...good, address: 'rtu://ttyUSB0' }, 'rtu:///dev'],
    [{ ...good, address: 'rtu:///dev/x?baud=9601' }, 'baud'], [{ ...good, address: `solarman://${'h'.repeat(480)}` }, 'address'], [{ ...good, address: 'C8:47:80:12:34:56' }, 'begins with solarman://'],
    [{ ...good, poll_s: 0 }, 'poll_s must be from 1'], [{ ...good, poll_s: 1e9 }, 'poll_s must be from 1'], [{ ...good, poll_s: '5' }, 'poll_s must be'], [{ ...good, family: 'tractor' }, 'family must be one of'],
    [{ ...good, power_scale: '100' }, 'power_scale must be one of'], [{ ...good, block: '17' }, 'block must be one of'], [{ ...good, clamp: true }, 'clamp must be'], [{ ...good, serial: 4294967296 }, 'serial must be'],
    [{ ...good, pin: '1234' }, 'pin is not for a deye'], [{ ...good, notify: 'fd' }, 'notify is not for a deye'], [{ kind: 'jk-bms', name: 'x', address: 'C8:47:80:12:34:99', poll_s: 5 }, 'poll_s is not for a jk-bms'],
  ]);
  t.is(config(s, 'SELECT count(*) FROM device'), count, 'none of them is there');

  r = await ask(c, 'PATCH', `/devices/${id}`, s.admin, { poll_s: 10, family: 'hybrid3p_lv', clamp: 'on', block: '60' });
  t.is([r.status, sorted(r.json?.options)], [200, sorted({ ...USUAL, serial: 2712345678, poll_s: 10, family: 'hybrid3p_lv', clamp: 'on', block: '60' })], 'options are changed');
  r = await ask(c, 'PATCH', `/devices/${id}`, s.admin, { family: 'auto' });
  t.is([r.json?.options.family, r.json?.options.poll_s], ['auto', 10], 'one of them back to what svitlo finds out');
  await refused(t, c, s, 'PATCH', `/devices/${id}`, [[{ adapter: 'hci1' }, 'adapter is not for a deye'], [{ pin: '' }, 'pin is not for a deye'], [{ poll_s: 5.5 }, 'poll_s must be']]);
  r = await ask(c, 'POST', `/devices/${id}/release`, s.operator, { seconds: 60 });
  t.is([r.status, r.json?.state], [200, 'released'], 'a pause');
  r = await ask(c, 'POST', `/devices/${id}/connect`, s.operator);
  t.is([r.status, r.json?.state === 'released'], [200, false], 'and its end');
}

async function inverter_jobs(t, c, s) {
  for (const [path, body] of [['/discoveries', {}], ['/probes', { address: '192.168.1.9' }]]) {
    t.problem(await ask(c, 'POST', path, undefined, body), 401, 'unauthenticated', `${path} needs a session`);
    t.problem(await ask(c, 'POST', path, s.operator, body), 403, 'forbidden', `${path} is not for operators`);
    t.problem(await c.ask('POST', `/api/v1${path}`, { cookie: s.admin, body, headers: { Origin: 'https://evil.example' } }), 403, 'forbidden', `${path} is not for other sites`);
  }
  await refused(t, c, s, 'POST', '/discoveries', [
    [{ subnet: '192.168.1.0' }, '192.168.1.0/24'], [{ subnet: '10.0.0.0/8' }, '/22'], [{ subnet: '8.8.8.0/24' }, ''], [{ subnet: '192.168.1.0/33' }, ''], [{ subnet: 24 }, 'subnet must be text'], [{ subnet: 'x'.repeat(21) }, 'subnet must have'],
  ]);
  await refused(t, c, s, 'POST', '/probes', [
    [{}, 'address is missing'], [{ address: '' }, 'address must have 1'], [{ address: 'ftp://h' }, 'begins with solarman://'], [{ address: 'h/path' }, 'no host'], [{ address: 'h h' }, 'no blanks'], [{ address: 'x'.repeat(301) }, 'address must have'],
  ]);
  t.is(config(s, 'SELECT count(*) FROM job'), '0', 'none of them became a job');
  let r = await ask(c, 'POST', '/discoveries', s.admin, { subnet: '192.168.1.0/24' });
  t.is([r.status, r.json?.kind, r.json?.state, r.json?.by ?? r.json?.user], [202, 'discover', 'queued', 'owner'], 'a search is ordered');
  t.is(config(s, 'SELECT kind, device, args FROM job'), 'discover||{"subnet":"192.168.1.0/24"}', 'of this subnet');
  t.problem(await ask(c, 'POST', '/discoveries', s.admin), 409, 'running', 'one at a time');
  r = await ask(c, 'DELETE', `/jobs/${r.json.id}`, s.admin);
  t.is([r.status, (await ask(c, 'POST', '/discoveries', s.admin)).status], [200, 202], 'it can be stopped, and another ordered, by broadcast');
  t.is(config(s, 'SELECT args FROM job ORDER BY id DESC LIMIT 1'), '{}', 'which names no subnet');
  r = await ask(c, 'POST', '/probes', s.admin, { address: '192.168.1.9' });
  t.is([r.status, r.json?.kind, r.json?.state], [202, 'probe', 'queued'], 'a probe is ordered');
  t.is(config(s, 'SELECT args FROM job ORDER BY id DESC LIMIT 1'), '{"address":"192.168.1.9"}', 'of this host');
  t.is((await ask(c, 'POST', '/probes', s.admin, { address: "h'; DROP TABLE job; --" })).status, 400, 'SQL is no address');
}

async function inverter_outages(t, c, s) {
  const get = (query = '') => ask(c, 'GET', `/grid/outages${query}`, s.viewer);
  const put = (db, rows) => sql(s.file(db), `INSERT INTO event (t_ms, device, kind, data) VALUES ${rows.join(', ')}`);
  t.problem(await ask(c, 'GET', '/grid/outages'), 401, 'unauthenticated', 'outages need a session');
  t.is((await get()).json, { outages: [] }, 'without any the list is empty');
  put('history', [
    `(1000000, NULL, 'grid_lost', '{"soc":80,"discharged_wh":10}')`, `(1600000, NULL, 'grid_back', '{"lost_ms":600000,"soc_from":80,"soc_to":77,"battery_wh":412}')`,
    `(5000000, NULL, 'grid_lost', '{"soc":null}')`, `(5060000, NULL, 'grid_back', '{"lost_ms":60000,"soc_from":null,"soc_to":null,"battery_wh":null,"unsure_ms":30000}')`,
  ]);
  const first = { from_ms: 1000000, to_ms: 1600000, unsure_ms: null, soc_from: 80, soc_to: 77, battery_wh: 412, at_least: false };
  const second = { from_ms: 5000000, to_ms: 5060000, unsure_ms: 30000, soc_from: null, soc_to: null, battery_wh: null, at_least: false };
  t.is((await get()).json, { outages: [second, first] }, 'newest first; what nobody measured is null, not 0');
  put('live', [`(9000000, NULL, 'grid_lost', '{"soc":61,"unsure_ms":90000}')`]);
  const third = { from_ms: 9000000, to_ms: null, unsure_ms: 90000, soc_from: 61, soc_to: null, battery_wh: null, at_least: false };
  t.is((await get()).json, { outages: [third, second, first] }, 'one that lasts has no end; rows of live.db are in it');
  t.is((await get('?limit=1')).json, { outages: [third] }, 'at most so many');
  t.is((await get('?before_ms=5000000')).json, { outages: [first] }, 'the next page');
  for (const query of ['?limit=0', '?limit=201', '?limit=x', '?before_ms=-1', '?from=1']) t.problem(await get(query), 400, 'bad_parameter', `refused: ${query}`);
}

const cases = { inverter_add, inverter_jobs, inverter_outages };
module.exports = Object.fromEntries(Object.entries(cases).map(([k, run]) => [k, { setup, run }]));
