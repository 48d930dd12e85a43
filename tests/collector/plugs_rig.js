// A house of plugs and a collector, in real time: nothing here is faster than the wall's clock.
'use strict';
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const { Rig, run } = require('./rig.js');

const USER = 'user@example.com';
const PASSWORD = 'Tapo-Test_2026';
const EVERY_MS = 200; // a look at the databases, one for all rows
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// All that is shown and stored of plugs, as one row.
const all = (table, columns) =>
  `(SELECT json_group_array(json_object(${columns
    .split(' ')
    .map((c) => `'${c}', ${c}`)
    .join()})) FROM ${table})`;
const LOOK = `SELECT json_object('beat_ms', (SELECT beat_ms FROM collector), 'loop', (SELECT json(loop) FROM collector),
  'live', ${all('live', 'device t_ms state reason detail vals link')},
  'device', ${all('c.device', 'id kind address parent')}, 'command', ${all('c.command', 'id device action state claimed_ms ended_ms is_on code text')},
  'timer', ${all('c.timer', 'id device action at_ms by tries')}, 'journal', ${all('c.journal', 't_ms device action by result code')})`;

/** The owner of an old plug has allowed its protocol, unless he is asked first. */
const optionsOf = (p) => ({ poll_s: 2, energy_s: 10, ...(p.wire === 'aes' && !p.asks && { transport: 'aes' }), ...p.options });

class PlugRig extends Rig {
  /** plugs: [{model, wire}], one each. */
  constructor({ plugs, net, spec = '' }) {
    super({ warp: 1, spec: `inverters=0 packs=1 plugs=${plugs.length} plug-net=${net} plug-models=${plugs.map((p) => p.model || 'P110').join()} ${spec}` });
    this.plugs = plugs;
    this.net = net;
    this.live = new Map();
  }

  /** The address that plug n has at the start, or one with another last number. */
  ip(n, last = Number(this.net.split('.')[3]) + n - 1) {
    return `${this.net.split('.').slice(0, 3).join('.')}.${last}`;
  }

  async startHouse() {
    await super.startHouse();
    for (const [i, p] of this.plugs.entries()) if (p.wire) await this.ctl(`plug ${i + 1} firmware ${p.wire}`);
  }

  /** Collector, account, and the plugs that have an id: with ids in their order. */
  async begin() {
    await this.startHouse();
    this.startCollector();
    await this.ready('the collector', () => fs.existsSync(`${this.dir}/live/bell`));
    execFileSync(this.svitlo, [...this.options, 'account', 'set'], { cwd: this.dir, input: `${USER}\n${PASSWORD}\n` });
    const rows = this.plugs.map((p, i) => ({ ...p, n: i + 1 })).filter((p) => !p.stranger);
    rows.forEach((p, i) => (this.plugs[p.n - 1].id = i + 1));
    this.plugs.forEach((p, i) => (p.n = i + 1));
    const values = rows.map((p, i) => `('tapo', 'plug ${p.n}', 'tapo://${this.ip(p.n)}', '${JSON.stringify(optionsOf(p))}', ${i + 1}, 0)`);
    this.configure(`INSERT INTO device (kind, name, address, options, position, created_ms) VALUES ${values.join()}`);
    this.watch();
    this.ring();
  }

  /** Begins to look; what is seen is in .live, .device, .command, .timer, .journal. */
  watch() {
    if (this.watching) return;
    this.watching = true;
    (async () => {
      while (this.watching) {
        const from = Date.now();
        await this.glance().catch(() => {});
        await wait(Math.max(10, from + EVERY_MS - Date.now()));
      }
    })();
  }

  async glance() {
    const args = ['-cmd', '.timeout 2000', '-cmd', `ATTACH 'file:${this.dir}/disk/config.db?mode=ro' AS c`, `file:${this.dir}/live/live.db?mode=ro`, LOOK];
    const { stdout } = await run('sqlite3', args, { maxBuffer: 1 << 26 });
    const seen = JSON.parse(stdout);
    for (const r of seen.live) Object.assign(r, { link: JSON.parse(r.link), vals: JSON.parse(r.vals) });
    this.seen_ms = Date.now();
    Object.assign(this, { device: seen.device, timer: seen.timer, journal: seen.journal, loop: seen.loop, beat_ms: seen.beat_ms });
    this.command = new Map(seen.command.map((r) => [r.id, r]));
    this.live = new Map(seen.live.map((r) => [r.device, r]));
  }

  /** What is shown of a device; age: seconds since its newest reading. */
  look(id) {
    const r = this.live.get(id);
    return r && { ...r, age: r.t_ms ? (Date.now() - r.t_ms) / 1000 : Infinity };
  }

  /** Looks until it is so. -> seconds that it took; NaN: it did not become so */
  async becomes(seconds, is) {
    const from = Date.now();
    for (;;) {
      if (this.broken) throw this.broken;
      if (await is()) return (Date.now() - from) / 1000;
      if (Date.now() - from > seconds * 1000) return NaN;
      await wait(100);
    }
  }

  isLive(id, since_ms = 0) {
    const r = this.look(id);
    return Boolean(r && r.state === 'live' && r.age < 8 && r.t_ms > since_ms);
  }

  /** Node has no datagram sockets of the kind; perl-base is in every Debian. */
  ring() {
    if (!this.bell) {
      const script = '$|=1; socket(S, AF_UNIX, SOCK_DGRAM, 0); while (<STDIN>) { send(S, "", 0, sockaddr_un($ARGV[0])); }';
      this.bell = spawn('perl', ['-MSocket', '-e', script, `${this.dir}/live/bell`], { stdio: ['pipe', 'ignore', 'ignore'] });
      this.bell.stdin.on('error', () => {});
    }
    this.bell.stdin.write('\n');
  }

  async write(sql) {
    const { stdout } = await run('sqlite3', ['-cmd', '.timeout 5000', `${this.dir}/disk/config.db`, sql]);
    return stdout.trim();
  }

  async rows(sql) {
    const { stdout } = await run('sqlite3', ['-json', '-cmd', '.timeout 5000', `${this.dir}/disk/config.db`, sql], { maxBuffer: 1 << 26 });
    return JSON.parse(stdout || '[]');
  }

  async choose(id, options) {
    await this.write(`UPDATE device SET options = '${JSON.stringify(options)}' WHERE id = ${id}`);
    this.ring();
  }

  /** As the worker writes it. -> number of the command */
  async order(device, action, { for_s = null, confirmed = 0, expires_s = 30 } = {}) {
    const now = Date.now();
    const id = await this.write(
      `INSERT INTO command (device, action, for_s, confirmed, by, who, created_ms, expires_ms) VALUES (${device}, '${action}', ${for_s}, ${confirmed}, 'user', 'olena', ${now}, ${now + expires_s * 1000}) RETURNING id`,
    );
    this.ring();
    return Number(id);
  }

  /** A job, to its end. -> {state, text, result, started_ms, ended_ms} */
  async job(kind, args, seconds = 25) {
    const id = Number(await this.write(`INSERT INTO job (kind, args, created_ms) VALUES ('${kind}', '${JSON.stringify(args)}', ${Date.now()}) RETURNING id`));
    let row = null;
    await this.becomes(seconds, async () => {
      [row] = await this.ask(`SELECT * FROM job_state WHERE id = ${id}`);
      return row && row.state !== 'running';
    });
    return { ...row, result: JSON.parse(row?.result ?? 'null') };
  }

  async addTimer(device, action, in_s) {
    const now = Date.now();
    const id = await this.write(`INSERT INTO timer (device, action, at_ms, by, who, created_ms) VALUES (${device}, '${action}', ${Math.round(now + in_s * 1000)}, 'user', 'olena', ${now}) RETURNING id`);
    this.ring();
    return Number(id);
  }

  /** How a command ended, and after how many seconds; null: it did not. */
  async ended(id, seconds = 12) {
    let c = null;
    const took = await this.becomes(seconds, () => (c = this.command?.get(id)) && ['done', 'failed', 'expired'].includes(c.state));
    return Number.isNaN(took) ? null : { ...c, took: (c.ended_ms - (c.claimed_ms || c.ended_ms)) / 1000 };
  }

  timersOf(device) {
    return this.timer.filter((t) => t.device === device);
  }

  said(device, by) {
    return this.journal.filter((j) => j.device === device && (!by || j.by === by));
  }

  /** One after the other: the house lets few wait. */
  ctl(command) {
    const next = (this.last || Promise.resolve()).catch(() => {}).then(() => super.ctl(command));
    this.last = next;
    return next;
  }

  /** The truth of plug n. */
  truth(n) {
    return this.ctl(`plug ${n} state`);
  }

  async end() {
    this.watching = false;
    this.bell?.stdin.end();
    await super.end();
  }
}

/** Rows that run beside each other, and how they came out. */
class Table {
  constructor() {
    this.failed = 0;
  }

  say(ok, text, rig) {
    console.log(`${ok ? 'ok' : 'not ok'} - ${text}`);
    if (ok) return;
    this.failed++;
    if (rig) rig.wrong = true;
  }
}

const words = (r) => (r ? `${r.state}${r.reason ? ` ${r.reason}` : ''}${r.detail ? `, "${r.detail}"` : ''}` : 'nothing');
const seconds = (s) => `${s.toFixed(1)} s`;

module.exports = { PlugRig, Table, optionsOf, USER, PASSWORD, wait, words, seconds };
