import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dashboards } from './dashboards/dashboards.ts';
import { page, pageWidth } from './pictures/page.ts';
import { recordFile } from './pictures/run-record.ts';
import { Advice, createLog, die } from './progress.mjs';
import { run } from './run-child.mjs';

/**
 * Draws the dashboards as Grafana shows them into docs/img, from what Prometheus answered to their queries in the last run of
 * `test/cluster/hello.test.ts`.
 *
 *   npm run test:cluster && npm run pictures
 */

const pictures = join(dirname(import.meta.dirname), 'docs/img');
const packages = 'apt-get install chromium pngquant fonts-inter';
const timeoutMs = 60_000;

async function main() {
  const log = createLog({ stream: process.stdout });
  const text = await readFile(recordFile, 'utf8').catch(() => {
    throw new Advice(`There is no run to draw: npm run test:cluster, as root, writes ${recordFile}.`);
  });
  const work = await mkdtemp(join(tmpdir(), 'glidein-pictures-'));
  try {
    await mkdir(pictures, { recursive: true });
    for (const [name, dashboard] of Object.entries(dashboards())) {
      const { html, height } = page(name, dashboard, JSON.parse(text));
      const source = join(work, `${name}.html`);
      await writeFile(source, html);
      const picture = join(pictures, `dashboard-${name}.png`);
      await photograph(source, picture, height);
      log.note(`ok    ${picture}, ${Math.ceil((await stat(picture)).size / 1024)} KiB`);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A picture with as few colours as it needs, so that it is small. */
async function photograph(source, picture, height) {
  await program('chromium', [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--window-size=${pageWidth},${height}`,
    `--screenshot=${picture}`,
    `file://${source}`,
  ]);
  await program('pngquant', ['--force', '--strip', '--output', picture, '128', picture]);
}

async function program(name, args) {
  const { code, output } = await run(name, args, { timeoutMs });
  if (code !== 0) throw new Advice(`${name} failed; ${packages} brings what is needed: ${output}`);
}

await main().catch(die);
