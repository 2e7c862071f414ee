import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTree, firstWorking, plainEnv } from './apptainer-install.mjs';
import { lastError } from './apptainer-packages.mjs';
import { writeImageTree } from './image-tree.mjs';
import { Advice, createLog, die } from './progress.mjs';
import { run } from './run-child.mjs';

/** Finds an Apptainer that works, on PATH or in the user's cache, or downloads one. */

const proofTimeoutMs = 30_000;

/**
 * @param {{ log?: import('./progress.mjs').Log }} [options]
 * @returns {Promise<{ path: string }>} an Apptainer that has just run a container
 * @throws {Advice} when none can be downloaded, or when it cannot run containers on this machine
 */
export async function ensureApptainer({ log = createLog() } = {}) {
  const onPath = await firstWorking('apptainer');
  if (onPath !== undefined) {
    const busybox = await ensureStaticTools({ log }).then(
      (tools) => tools.busybox,
      () => undefined,
    );
    if (busybox !== undefined) await provesItself(onPath, busybox, log);
    return { path: onPath };
  }
  const current = await ensureTree(log);
  const path = join(current, 'bin/apptainer');
  await provesItself(path, join(current, 'bin/busybox'), log);
  return { path };
}

/**
 * The static programs that go into images and beside payloads.
 *
 * @param {{ log?: import('./progress.mjs').Log }} [options]
 * @returns {Promise<{ busybox: string, tini: string }>}
 */
export async function ensureStaticTools({ log = createLog() } = {}) {
  const current = await ensureTree(log);
  return { busybox: join(current, 'bin/busybox'), tini: join(current, 'bin/tini-static') };
}

/** A version number proves little, because user namespaces may be forbidden here: a container must run. */
async function provesItself(apptainer, busybox, log) {
  await log.step(`A container with ${apptainer}`, async () => {
    const work = await mkdtemp(join(tmpdir(), 'glidein-apptainer-'));
    try {
      const image = join(work, 'image');
      await writeImageTree(image, { busybox, name: 'proof', version: '1' });
      for (const folder of ['work', 'job']) await mkdir(join(work, folder));
      const done = await run(
        apptainer,
        [...payloadFlags(work), image, '/bin/sh', '-c', 'echo hello > /srv/proof'],
        {
          timeoutMs: proofTimeoutMs,
          env: { ...plainEnv(), HOME: work },
        },
      );
      const proof = await readFile(join(work, 'job/proof'), 'utf8').catch(() => '');
      if (proof !== 'hello\n') throw new Advice(noContainer(done));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

const payloadFlags = (work) => [
  '--silent',
  'exec',
  '--userns',
  '--containall',
  '--no-home',
  '--cleanenv',
  '--no-eval',
  '--workdir',
  join(work, 'work'),
  '--bind',
  `${join(work, 'job')}:/srv`,
  '--cwd',
  '/srv',
];

function noContainer(done) {
  const said = `Apptainer cannot run a container on this machine: ${lastError(done)}.`;
  if (!/user namespace/i.test(done.output)) return said;
  return `${said} Allow user namespaces: sysctl user.max_user_namespaces=100000, and where they exist kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0.`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log((await ensureApptainer()).path);
  } catch (error) {
    die(error);
  }
}
