import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeOciArchive } from './cluster/oci-archive.mjs';
import { writeApplication } from './image/application.mjs';
import { ensureBase } from './image/base.mjs';
import { imageConfig, imageLabels } from './image/settings.mjs';
import { largest } from './image/sizes.mjs';
import { Advice, createLog, die } from './progress.mjs';
import { run } from './run-child.mjs';

const root = dirname(import.meta.dirname);

export const usage = `npm run image -- [--output FILE] [--name REF] [--refresh]

  Writes the container image of operator, pool, pilot and command line as an OCI archive, without a container engine.

  --output FILE  default dist/image/glidein.tar
  --name REF     default glidein.dev/glidein:dev
  --refresh      fetch the Debian packages again, for their security updates`;

/**
 * @typedef {object} Image
 * @property {string} file the OCI archive
 * @property {string} name full reference
 * @property {string} digest of the manifest
 * @property {number} size bytes of the archive
 */

/**
 * @param {{ log?: import('./progress.mjs').Log, output?: string, name?: string, refresh?: boolean, cacheDir?: string }} [options]
 * @returns {Promise<Image & { largest: { path: string, bytes: number }[] }>}
 * @throws {Advice}
 */
export async function buildImage({
  log = createLog(),
  output = join(root, 'dist/image/glidein.tar'),
  name = 'glidein.dev/glidein:dev',
  refresh = false,
  cacheDir,
} = {}) {
  const base = await ensureBase({ log, refresh, cacheDir });
  const work = await mkdtemp(join(tmpdir(), 'glidein-image-'));
  try {
    const application = join(work, 'application');
    await writeApplication(application, { busybox: join(base.tree, 'usr/bin/busybox'), log });
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const labels = imageLabels({ version, revision: await revision(), parts: base.parts });
    const written = await log.step('The archive', () =>
      writeOciArchive({
        file: output,
        name,
        layers: [{ folder: base.tree }, { folder: application }],
        config: imageConfig(labels),
      }),
    );
    return { file: output, name, ...written, largest: await largest([base.tree, application]) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @returns {Promise<string | undefined>} the commit, with `-dirty` after it when the checkout has changes */
async function revision() {
  const said = await run(
    'git',
    ['-C', root, 'describe', '--always', '--abbrev=40', '--dirty', '--exclude=*'],
    {
      timeoutMs: 30_000,
    },
  );
  return said.code === 0 ? said.stdout.trim() : undefined;
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

async function main() {
  const { values } = readArguments();
  if (values.help) {
    console.log(usage);
    return;
  }
  const image = await buildImage({
    ...(values.output === undefined ? {} : { output: resolve(values.output) }),
    ...(values.name === undefined ? {} : { name: values.name }),
    refresh: values.refresh,
  });
  for (const { path, bytes } of image.largest) console.log(`${megabytes(bytes).padStart(10)}  ${path}`);
  console.log(`${megabytes(image.size).padStart(10)}  ${image.file}: ${image.name} ${image.digest}`);
}

function readArguments() {
  const options = {
    output: { type: 'string' },
    name: { type: 'string' },
    refresh: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new Advice(`${error.message}\n\n${usage}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    die(error);
  }
}
