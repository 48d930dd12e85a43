// node build.mjs: makes dist/. Hashed files go to dist/assets/ and may be cached for ever;
// index.html, sw.js and the manifest keep their names and must be asked for anew each time.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// JS and CSS in the wordier language, gzipped: of a first visit; with inverters and devices; with plugs
// too, whose owner fetches the pages of both, for devices and plugs are added and changed on them
const VISIT_BYTES = 50 * 1024;
const MORE_BYTES = 76 * 1024;
const ALL_BYTES = 94 * 1024;
// a first visit that goes on to the history, most of it the library that draws the charts
const HISTORY_BYTES = 100 * 1024;
const root = fileURLToPath(new URL('.', import.meta.url));
const dist = `${root}dist`;

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  charset: 'utf8',
  target: ['chrome92', 'firefox91', 'safari15'],
  logLevel: 'warning',
};

await rm(dist, { recursive: true, force: true });
await mkdir(`${dist}/assets`, { recursive: true });
await cp(`${root}public`, dist, { recursive: true });

/** Builds one entry into dist/assets and gives what esbuild says of each result, by URL. */
async function assets(entry, options = {}) {
  const { metafile } = await build({
    ...common,
    entryPoints: [entry],
    outdir: 'dist/assets',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    ...options,
  });
  return Object.fromEntries(Object.entries(metafile.outputs).map(([path, output]) => [urlOf(path), output]));
}
const urlOf = (path) => '/' + path.replace(/^dist\//, '');
const of = (outputs, entry) => Object.keys(outputs).find((url) => outputs[url].entryPoint === entry);

const plugsCss = of(await assets('src/styles/plugs.css'), 'src/styles/plugs.css');
const historyCss = of(await assets('src/styles/history.css'), 'src/styles/history.css');
const define = { PLUGS_CSS: JSON.stringify(plugsCss), HISTORY_CSS: JSON.stringify(historyCss) };
const scripts = await assets('src/main.tsx', { format: 'esm', splitting: true, define });
const js = of(scripts, 'src/main.tsx');

/** A file and what it cannot start without; the rest is fetched when it is asked for. */
function withImports(url, seen = new Set()) {
  if (seen.has(url)) return seen;
  seen.add(url);
  for (const i of scripts[url].imports) if (i.kind === 'import-statement') withImports(urlOf(i.path), seen);
  return seen;
}
const chunks = [...withImports(js)].filter((url) => url !== js);
const boot = of(await assets('src/boot.ts', { format: 'iife' }), 'src/boot.ts');
const css = of(await assets('src/styles/index.css'), 'src/styles/index.css');

const html = (await readFile(`${root}src/index.html`, 'utf8'))
  .replace('%BOOT%', boot)
  .replace('%JS%', js)
  .replace('%CHUNKS%', chunks.map((url) => `<link rel="modulepreload" href="${url}">`).join('\n'))
  .replace('%CSS%', css);
await writeFile(`${dist}/index.html`, html);

const files = (await readdir(dist, { recursive: true, withFileTypes: true }))
  .filter((f) => f.isFile())
  .map((f) => `${f.parentPath ?? f.path}/${f.name}`.slice(dist.length))
  .sort();
const hash = createHash('sha256');
for (const f of files) hash.update(f).update(await readFile(dist + f));

await build({
  ...common,
  entryPoints: ['src/sw.ts'],
  outfile: 'dist/sw.js',
  format: 'iife',
  define: {
    VERSION: JSON.stringify(hash.digest('hex').slice(0, 12)),
    SHELL: JSON.stringify(files),
  },
});

const gzipped = {};
for (const f of [...Object.keys(scripts), boot, css, plugsCss, historyCss, '/sw.js']) {
  gzipped[f] = gzipSync(await readFile(dist + f), { level: 9 }).length;
  console.log(`${String(gzipped[f]).padStart(7)}  ${f}`);
}
const wordiest = (ending) => ['uk', 'en'].map((l) => of(scripts, `src/i18n/${l}${ending}`)).sort((a, b) => gzipped[b] - gzipped[a])[0];
const needed = (entry) => withImports(of(scripts, entry));
const first = [...withImports(js), boot, css, '/sw.js', wordiest('.ts')];
const plugsToo = [wordiest('-plugs.ts'), plugsCss];
const more = [...first, ...needed('src/views/more.ts'), wordiest('-more.ts')];
const visits = [
  ['a first visit', first, VISIT_BYTES],
  ['the same with plugs on the overview', [...first, ...needed('src/components/PlugsCard.tsx'), ...plugsToo], null],
  ['inverters, devices and adding them too', more, MORE_BYTES],
  ['a first visit and the history page too', [...first, ...needed('src/views/history-page.ts'), wordiest('-history.ts'), historyCss], HISTORY_BYTES],
  ['the pages of plugs too', [...more, ...needed('src/components/PlugsCard.tsx'), ...needed('src/views/plug-pages.ts'), ...plugsToo], ALL_BYTES],
];
let over = false;
for (const [what, urls, budget] of visits) {
  const bytes = [...new Set(urls)].reduce((n, url) => n + gzipped[url], 0);
  console.log(`${String(bytes).padStart(7)}  JS + CSS gzipped of ${what}${budget ? `, of ${budget}` : ''}`);
  over ||= budget !== null && bytes > budget;
}
if (over) {
  console.error('over budget');
  process.exit(1);
}
