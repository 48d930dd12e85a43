// A bus, a house and a collector of their own, in a time that runs faster (tests/warp) or, with a
// warp of 1, is the real one.
'use strict';
const { execFile, execFileSync, spawn } = require('node:child_process');
const { promisify } = require('node:util');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
const build = path.resolve(root, process.env.BUILD || `build/${process.env.VARIANT || 'release'}`);
const svitlo = process.env.SVITLO || `${build}/svitlo`;
const house = `${build}/tests/house/house`;
const tick = Number(execFileSync('getconf', ['CLK_TCK']));
const run = promisify(execFile);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// The sanitizer's library has to be loaded before ours.
function preload() {
  const asan = /libasan\S+/.exec(execFileSync('ldd', [svitlo], { encoding: 'utf8' }));
  const file = asan && execFileSync('gcc', [`-print-file-name=${asan[0]}`], { encoding: 'utf8' }).trim();
  return [file, `${build}/tests/warp.so`].filter(Boolean).join(':');
}

class Rig {
  constructor({ warp, spec, options = [] }) {
    this.warp = warp;
    this.svitlo = svitlo;
    // only what is asked for
    this.spec = ['inverters', 'plugs'].reduce((all, what) => (all.includes(`${what}=`) ? all : `${all} ${what}=0`), spec);
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'svitlo-rig-'));
    for (const d of ['disk', 'live']) fs.mkdirSync(`${this.dir}/${d}`);
    this.address = `unix:path=${this.dir}/bus`;
    this.origin = Date.now() / 1000;
    this.env = { ...process.env, WARP: String(warp), WARP_ORIGIN: String(this.origin) };
    if (warp !== 1) this.env.LD_PRELOAD = preload();
    this.options = ['store.dir=disk', 'live.dir=live', `bluetooth.bus=${this.address}`, 'log.level=6', ...options].flatMap((o) => ['-o', o]);
    this.child = {};
    // a timeout ends us: nothing of ours stays behind
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => this.end().then(() => process.exit(1)));
  }

  /** Seconds that the house and the collector, ready to run, have waited for a processor so far. */
  waited() {
    return ['house', 'collector'].reduce((sum, name) => sum + Number(fs.readFileSync(`/proc/${this.child[name].pid}/schedstat`, 'utf8').split(' ')[1]) / 1e9, 0);
  }

  /** Seconds of a processor that the collector has used so far. */
  cpu() {
    const f = fs.readFileSync(`/proc/${this.child.collector.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(f[11]) + Number(f[12])) / tick;
  }

  /** Seconds since 1970 as the house and the collector see them. */
  now() {
    return this.origin + (Date.now() / 1000 - this.origin) * this.warp;
  }

  sleep(seconds) {
    return wait((seconds * 1000) / this.warp);
  }

  /** Looks every half a second of theirs. -> the first true value, or the last false one */
  async until(seconds, look) {
    const end = this.now() + seconds;
    for (;;) {
      if (this.broken) throw this.broken;
      const found = await look();
      if (found || this.now() > end) return found;
      await wait(Math.max(500 / this.warp, 5));
    }
  }

  start(name, file, args, env = process.env) {
    const log = fs.openSync(`${this.dir}/${name}.log`, 'a');
    const child = spawn(file, args, { cwd: this.dir, env, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    child.gone = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
    this.child[name] = child;
    child.gone.then(({ code, signal }) => {
      // the house ends with its bus
      if (this.child[name] === child && name !== 'house') this.broken = new Error(`${name} ended by itself: ${signal || `status ${code}`}`);
    });
    return child;
  }

  /** Ends one that start() started. -> {code, signal} */
  async stop(name, signal = 'SIGTERM') {
    const child = this.child[name];
    if (!child) return null;
    delete this.child[name];
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 10000);
    const how = await child.gone;
    clearTimeout(late);
    return how;
  }

  async startBus() {
    fs.rmSync(`${this.dir}/bus`, { force: true });
    this.start('bus', 'dbus-daemon', ['--session', '--nofork', '--nopidfile', `--address=${this.address}`]);
    await this.ready('the bus', () => fs.existsSync(`${this.dir}/bus`));
  }

  /** Without a bus there are no packs, only inverters. */
  async startHouse() {
    fs.rmSync(`${this.dir}/ctl`, { force: true });
    const bus = this.child.bus ? ['--bus', this.address] : [];
    this.start('house', house, ['serve', ...bus, '--spec', this.spec, '--control', `${this.dir}/ctl`], this.env);
    await this.ready('the house', () => fs.existsSync(`${this.dir}/ctl`));
  }

  startCollector() {
    this.start('collector', svitlo, [...this.options, 'run'], this.env);
  }

  /** What the house has: packs, or with `--inverters` those. -> [[address, name, …]] */
  list(...what) {
    const text = execFileSync(house, ['list', ...what, '--spec', this.spec], { encoding: 'utf8' }).trim();
    return text ? text.split('\n').map((line) => line.split('\t')) : [];
  }

  add(kind, name, address) {
    execFileSync(svitlo, [...this.options, 'device', 'add', kind, name, address], { cwd: this.dir });
  }

  configure(sql) {
    return execFileSync('sqlite3', ['-cmd', '.timeout 5000', `${this.dir}/disk/config.db`, sql], { encoding: 'utf8' }).trim();
  }

  async startAll() {
    await this.startBus();
    await this.startHouse();
    for (const [address, name] of this.list()) this.add('jk-bms', name, address);
    this.startCollector();
  }

  async ready(what, look) {
    for (let i = 0; i < 500; i++) {
      if (look()) return;
      await wait(20);
    }
    throw new Error(`${what} did not start: see ${this.dir}`);
  }

  /** The PIN of a device, as from a terminal. */
  async pin(device, text) {
    execFileSync(svitlo, [...this.options, 'device', 'pin', String(device)], { cwd: this.dir, input: `${text}\n` });
  }

  /** A command to the house. -> its answer, parsed if it is JSON */
  ctl(command) {
    return new Promise((done, fail) => {
      let text = '';
      const s = net.connect(`${this.dir}/ctl`, () => s.write(`${command}\n`));
      s.setEncoding('utf8');
      s.on('data', (d) => (text += d));
      s.on('error', fail);
      s.on('end', () => {
        if (text.startsWith('{')) done(JSON.parse(text));
        else if (text.startsWith('ok')) done(text);
        else fail(new Error(`house: ${command}: ${text || 'no answer'}`));
      });
    });
  }

  /** Rows of a question to live.db, with history.db as h. */
  async ask(sql) {
    const db = (name, dir) => `file:${this.dir}/${dir}/${name}.db?mode=ro`;
    const attach = `ATTACH '${db('history', 'disk')}' AS h`;
    const args = ['-json', '-cmd', '.timeout 2000', '-cmd', attach, db('live', 'live'), sql];
    for (let tries = 0; ; tries++) {
      try {
        const { stdout } = await run('sqlite3', args);
        return stdout.trim() ? JSON.parse(stdout) : [];
      } catch (e) {
        if (tries === 20) throw e; // not there yet, or being made
        await wait(25);
      }
    }
  }

  /** What the collector shows of each pack. */
  async packs() {
    const rows = await this.ask('SELECT live.*, beat_ms FROM live, collector ORDER BY device');
    return rows.map((r) => ({ ...r, link: JSON.parse(r.link), age: (r.beat_ms - r.t_ms) / 1000 }));
  }

  /** Events of a kind since a time, oldest first; those of live.db are not in history.db yet. */
  async events(kinds, since) {
    const cond = `kind IN (${kinds.map((k) => `'${k}'`).join()}) AND t_ms >= ${Math.round(since * 1000)}`;
    const rows = await this.ask(
      `SELECT t_ms, device, kind, data FROM event WHERE ${cond} UNION SELECT t_ms, device, kind, data FROM h.event WHERE ${cond} ORDER BY 1`,
    );
    return rows.map((r) => ({ ...r, t: r.t_ms / 1000, data: JSON.parse(r.data) }));
  }

  /** As if somebody asked for the pack to be tried at once. */
  async retry(device) {
    await run('sqlite3', ['-cmd', '.timeout 5000', `${this.dir}/disk/config.db`, `UPDATE device SET retry_ms = ${Math.round(this.now() * 1000)} WHERE id = ${device}`]);
  }

  async allLive(seconds) {
    return this.until(seconds, async () => {
      const packs = await this.packs();
      return packs.length > 0 && packs.every((p) => p.state === 'live' && p.age < 3);
    });
  }

  tail(lines = 15) {
    for (const f of ['collector', 'house', 'bus']) {
      const file = `${this.dir}/${f}.log`;
      if (!fs.existsSync(file)) continue;
      console.log(`    the end of ${f}.log:`);
      for (const line of fs.readFileSync(file, 'utf8').trim().split('\n').slice(-lines)) console.log(`    ${line}`);
    }
  }

  async end() {
    for (const name of ['collector', 'house', 'bus']) await this.stop(name);
    if (!process.env.KEEP) fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

module.exports = { Rig, run };
