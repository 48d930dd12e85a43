// Makes the PNG icons in public/ from icon.svg with Chromium. Run by hand when the icon changes.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const dir = fileURLToPath(new URL('../public/', import.meta.url));
const svg = readFileSync(`${dir}icon.svg`, 'utf8');
const square = svg.replace('rx="112"', '');
// A maskable icon is cut to any shape: the picture stays inside the middle 80 %.
const maskable = square
  .replace('<rect', '<g id="bg"><rect')
  .replace('fill="#191510"/>', 'fill="#191510"/></g><g transform="translate(51 51) scale(.8)">')
  .replace('</svg>', '</g></svg>');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage();
for (const [name, size, text] of [
  ['icon-192.png', 192, svg],
  ['icon-512.png', 512, svg],
  ['icon-maskable-512.png', 512, maskable],
]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>*{margin:0;display:block}svg{width:${size}px;height:${size}px}</style>${text}`);
  await page.screenshot({ path: dir + name, omitBackground: true });
}
await browser.close();
