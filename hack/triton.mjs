import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from './apptainer-install.mjs';
import { fetchPackages, lastError } from './apptainer-packages.mjs';
import { withLock } from './cluster/lock.mjs';
import { Advice, createLog, die } from './progress.mjs';
import { run } from './run-child.mjs';

/**
 * An image with the real Triton Inference Server and its Python backend, for CPUs, as an expanded directory in the user's cache:
 * `tritonserver` is on its PATH, as in the image that its makers publish. The server comes from the Python package that contains
 * it, and what it needs of a system from Debian's packages, both by way of this machine's own package sources.
 *
 *   node hack/triton.mjs        makes it if it is missing, and prints its path
 */

/** Change this together with the content of the image, so that a cached one is made again. */
const version = '2.51.0-1';

const wheels = ['nvidia-pytriton==0.7.0', 'numpy==1.26.4'];
const python = '3.11';
const debian = [
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'zlib1g',
  'libexpat1',
  'libssl3',
  'libffi8',
  'libbz2-1.0',
  'liblzma5',
  'libcrypt1',
  'libuuid1',
  'libtinfo6',
  `libpython${python}`,
  `libpython${python}-minimal`,
  `libpython${python}-stdlib`,
  // The Python backend starts its interpreters with bash.
  'bash',
  'busybox-static',
];
const folders = ['dev', 'proc', 'sys', 'tmp', 'var/tmp', 'srv', 'root', 'home', 'run', 'models'];
const emptyFiles = ['passwd', 'group', 'resolv.conf', 'hosts'];
const applets = ['sh', 'cat', 'ls', 'sleep', 'wget'];
const downloadTimeoutMs = 10 * 60_000;

const home = '/opt/pytriton/tritonserver';
const launcher = `#!/bin/sh
LD_LIBRARY_PATH=/opt/nvidia_pytriton.libs exec ${home}/bin/tritonserver --backend-directory=${home}/backends "$@"
`;

/**
 * @param {{ log?: import('./progress.mjs').Log }} [options]
 * @returns {Promise<{ path: string }>} the folder that Apptainer takes as an image
 * @throws {Advice} when this machine cannot have it
 */
export async function ensureTriton({ log = createLog() } = {}) {
  const images = join(cacheRoot(), 'images');
  const path = join(images, 'triton');
  const isCurrent = () => existsSync(join(path, `.made-${version}`));
  if (isCurrent()) return { path };
  await log.step('The image with the Triton Inference Server', (waitFor) =>
    withLock(
      join(cacheRoot(), 'triton.lock'),
      () => waitFor('another process that makes it'),
      async () => {
        if (!isCurrent()) await make(images, path, waitFor);
      },
    ),
  );
  return { path };
}

/**
 * The environment of tests: why there is no Triton, if there is none.
 * @param {import('./progress.mjs').Log} log
 * @returns {Promise<Record<string, string>>}
 */
export async function tritonEnvironment(log) {
  try {
    await ensureTriton({ log });
    return {};
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    log.note(`      ${error.message}`);
    return { GLIDEIN_TEST_NO_TRITON: error.message };
  }
}

async function make(images, path, waitFor) {
  await mkdir(images, { recursive: true });
  const work = await mkdtemp(join(images, '.triton-'));
  try {
    const tree = join(work, 'triton');
    await fetchPackages({ work, sets: [{ suite: 'own', names: debian, into: tree }], waitFor });
    waitFor('the server');
    await fetchWheels(work, join(tree, 'opt'));
    await arrange(tree);
    await writeFile(join(tree, `.made-${version}`), '');
    await rm(path, { recursive: true, force: true });
    await rename(tree, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchWheels(work, into) {
  const folder = join(work, 'wheels');
  await pip([
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    python,
    '-d',
    folder,
    ...wheels,
  ]);
  for (const name of await readdir(folder)) {
    const done = await run('python3', ['-m', 'zipfile', '-e', join(folder, name), into], {
      timeoutMs: downloadTimeoutMs,
    });
    if (done.code !== 0) throw new Advice(`Cannot unpack ${name}: ${lastError(done)}.`);
  }
}

async function pip(args) {
  const done = await run('python3', ['-m', 'pip', '--disable-pip-version-check', ...args], {
    timeoutMs: downloadTimeoutMs,
  });
  if (done.code !== 0) throw new Advice(`Cannot download the Triton Inference Server: ${lastError(done)}.`);
}

async function arrange(tree) {
  const own = join(tree, home);
  const backend = join(own, 'backends/python');
  const stub = 'triton_python_backend_stub';
  await rename(join(own, 'python_backend_stubs', python, stub), join(backend, stub));
  // Its interpreters look here, and not at PYTHONPATH.
  for (const name of ['numpy', 'numpy.libs']) await rename(join(tree, 'opt', name), join(backend, name));
  await rm(join(own, 'python_backend_stubs'), { recursive: true });
  for (const program of [join(own, 'bin/tritonserver'), join(backend, stub)]) await chmod(program, 0o755);
  for (const folder of folders) await mkdir(join(tree, folder), { recursive: true });
  for (const name of emptyFiles) await writeFile(join(tree, 'etc', name), '');
  for (const name of applets) await symlink('busybox', join(tree, 'bin', name));
  await writeFile(join(tree, 'usr/bin/tritonserver'), launcher, { mode: 0o755 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log((await ensureTriton()).path);
  } catch (error) {
    die(error);
  }
}
