// Thirty-two plugs, of which four say nothing: the others are read on time, nothing holds up the loop.
'use strict';
const fs = require('node:fs');
const { PlugRig, wait, seconds } = require('./plugs_rig.js');

const PLUGS = 32;
const SILENT = 4;
const POLL_S = 5;
const FOR_S = 30;
const GAP_S = 7;
const LOOP_MS = 20; // LOOP_LIMIT_MS

/** Milliseconds that it was ready to run and others had the processor. */
const held = (pid) => Number(fs.readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;

async function many(table, want, made) {
  if (!'thirty-two'.includes(want)) return;
  const wires = ['klap', 'aes', 'klap', 'tpap'];
  const models = ['P110', 'P100', 'P115', 'P110M'];
  const plugs = Array.from({ length: PLUGS }, (_, i) => ({ model: models[i % 4], wire: wires[(i >> 2) % 4], options: { poll_s: POLL_S, energy_s: 30 } }));
  const rig = made(new PlugRig({ plugs, net: '127.30.4.1', spec: 'seed=9 plug-start=mixed' }));
  await rig.begin();
  const { pid } = rig.child.collector;
  // the longest that it was made to wait within one look: a busy machine is not its fault
  let pause = 0;
  let sofar = held(pid);
  const look = () => {
    pause = Math.max(pause, held(pid) - sofar);
    sofar = held(pid);
  };
  const all = await rig.becomes(30, () => look() || plugs.every((p) => rig.isLive(p.id)));
  const mute = plugs.filter((_, i) => i % 9 === 4).slice(0, SILENT);
  const well = plugs.filter((p) => !mute.includes(p));
  for (const p of mute) await rig.ctl(`plug ${p.n} silent on`);
  await wait(1000);
  const [cpu, from] = [rig.cpu(), Date.now()];
  const last = new Map(well.map((p) => [p.id, rig.look(p.id).t_ms]));
  let gap = 0;
  const before = well.reduce((n, p) => n + rig.look(p.id).link.readings, 0);
  while (Date.now() - from < FOR_S * 1000) {
    await wait(100);
    look();
    for (const p of well) {
      const { t_ms } = rig.look(p.id);
      gap = Math.max(gap, (t_ms - last.get(p.id)) / 1000, (rig.seen_ms - t_ms) / 1000 - 1.5);
      last.set(p.id, t_ms);
    }
  }
  const took = (Date.now() - from) / 1000;
  const share = (rig.cpu() - cpu) / took;
  const readings = well.reduce((n, p) => n + rig.look(p.id).link.readings, 0) - before;
  const lost = mute.filter((p) => rig.look(p.id).reason === 'no_answer').length;
  table.say(all >= 0 && gap <= GAP_S && lost === SILENT, `thirty-two plugs, ${lost} of them silent: ${readings} readings of the others in ${seconds(took)}, longest gap ${seconds(gap)} (at most ${GAP_S}); all live ${seconds(all)} after the start`, rig);
  const { worst_ms: worst, over_20: over } = rig.loop;
  table.say(
    worst <= LOOP_MS + pause,
    `thirty-two plugs: the loop was held up for ${worst} ms at most (${LOOP_MS} allowed; ${over} times longer), of which it was made to wait by others for up to ${pause.toFixed(1)} ms; it took ${(100 * share).toFixed(1)} % of a processor`,
    rig,
  );
}

module.exports = { many };
