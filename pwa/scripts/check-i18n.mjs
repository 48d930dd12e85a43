// Both languages have the same keys, no text is empty, placeholders match, and every name that the
// server may send (states, reasons, errors, measurements, problem codes) has a word.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

async function load(source) {
  const out = await build({
    stdin: { contents: source, resolveDir: `${root}src`, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return import('data:text/javascript;base64,' + Buffer.from(out.outputFiles[0].text).toString('base64'));
}

const { en, uk, deviceStates, cureNames, units, settingGroups, infoOrder } = await load(`
  export { en } from './i18n/en';
  export { uk } from './i18n/uk';
  export { deviceStates, cureNames } from './types';
  export { units } from './gen/metrics';
  export { settingGroups, infoOrder } from './bms-keys';
`);

const problems = [];
const params = (s) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join();

for (const group of new Set([...Object.keys(en), ...Object.keys(uk)])) {
  const a = en[group] ?? {};
  const b = uk[group] ?? {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const name = `${group}.${key}`;
    if (!a[key]) problems.push(`en: ${name} is missing`);
    else if (!b[key]) problems.push(`uk: ${name} is missing`);
    else if (params(a[key]) !== params(b[key])) problems.push(`${name}: placeholders differ`);
  }
}
for (const [key, forms] of Object.entries(uk.plural))
  if (forms.split('|').length !== 3) problems.push(`uk: plural.${key} needs one|few|many`);
for (const [key, forms] of Object.entries(en.plural))
  if (forms.split('|').length !== 2) problems.push(`en: plural.${key} needs one|other`);

/** Names in backquotes of the contract's paragraph that begins with \`word\`. */
function fromContract(word) {
  const text = readFileSync(`${root}../fcgi/README.md`, 'utf8');
  const found = new RegExp(`^\`${word}\`:([\\s\\S]*?)(?:\`detail\`|\\n\`|\\n\\n)`, 'm').exec(text);
  if (!found) throw new Error(`no list of ${word} in fcgi/README.md`);
  return [...found[1].matchAll(/`(\w+)`/g)].map((m) => m[1]);
}

const errors = `wire_resistance mos_overtemperature cell_count current_sensor cell_overvoltage
  battery_overvoltage charge_overcurrent charge_short_circuit charge_overtemperature
  charge_undertemperature coprocessor_communication cell_undervoltage battery_undervoltage
  discharge_overcurrent discharge_short_circuit discharge_overtemperature charge_mos discharge_mos
  gps_disconnected default_password discharge_on_failed battery_overtemperature temperature_sensor
  parallel_module short_circuit_release_failed discharge_overcurrent_2 discharge_overcurrent_3
  discharge_undertemperature gps_lock bit_29 bit_30 bit_31`.split(/\s+/);

/** Names in backquotes of the contract's table of events. */
const events = [...readFileSync(`${root}../fcgi/README.md`, 'utf8').matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)]
  .flatMap((m) => [...m[1].matchAll(/`(\w+)`/g)])
  .map((m) => m[1]);
if (!events.includes('setting_changed')) throw new Error('no table of events in fcgi/README.md');

/** What the decoder may name, but for passcodes. */
function fromDecoder(table) {
  const text = readFileSync(`${root}../collector/proto/jk_fields.c`, 'utf8');
  const body = new RegExp(`struct jk_field ${table}\\[\\] = \\{([\\s\\S]*?)\\n\\};`).exec(text);
  if (!body) throw new Error(`no table ${table} in jk_fields.c`);
  return body[1].split('\n').filter((l) => !/\bHIDE\(/.test(l)).flatMap((l) => /"(\w+)"/.exec(l)?.[1] ?? []);
}

function need(group, names) {
  for (const name of names) if (!(name in en[group])) problems.push(`${group}.${name} has no word`);
}
need('state', deviceStates);
need('state', fromContract('state'));
need('reason', fromContract('reason'));
need('error', errors);
need('metric', Object.keys(units));
need('unit', Object.values(units).filter(Boolean));
need('group', [...Object.keys(settingGroups), 'other']);
need('set', Object.values(settingGroups).flat());
need('info', infoOrder);
need('set', fromDecoder('settings'));
need('info', fromDecoder('device_info'));
need('cure', cureNames);
need('event', events);

for (const p of problems) console.error(p);
if (problems.length) process.exit(1);
const count = Object.values(en).reduce((n, g) => n + Object.keys(g).length, 0);
console.log(`i18n: ${count} texts, uk and en complete`);
