import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Advice, createLog } from '../progress.mjs';
import { ApiClient } from './api-client.mjs';
import { ensureBuilt } from './build.mjs';
import { apiServerArguments, controllerArguments, etcdArguments } from './command-lines.mjs';
import { lastLines, startComponent } from './component.mjs';
import { makeCredentials } from './credentials.mjs';
import { writeKubeconfig } from './kubeconfig.mjs';
import { freePorts } from './ports.mjs';

/**
 * A real API server with its etcd and nothing else, on loopback, for tests that need Kubernetes' own answers but no pods. It
 * needs no root. Many can run side by side, each with its own ports, data, tokens and certificates. The processes die with
 * the process that started them, even if that is killed.
 */

const readyTimeoutMs = 60_000;
const attempts = 4;

/**
 * How it differs from a whole node: nothing creates the ServiceAccount `default` of a namespace, so the admission plug-in
 * that requires it is off (as in other projects' test control planes).
 */
const aloneFlags = ['--endpoint-reconciler-type=none', '--disable-admission-plugins=ServiceAccount'];

/**
 * @param {object} [options]
 * @param {string} [options.dir] for data, logs and credentials; without it a temporary one that `stop` removes
 * @param {boolean} [options.controllers] also run the controller-manager: namespaces end, owned objects are collected
 * @param {readonly string[]} [options.flags] further flags of the API server
 * @param {import('../progress.mjs').Log} [options.log]
 * @returns {Promise<import('./control-plane.d.mts').ControlPlane>}
 * @throws {Advice} when it cannot be built or does not become ready
 */
export async function startControlPlane({ dir, controllers = false, flags = [], log = createLog() } = {}) {
  const { kubernetes } = await ensureBuilt(['kubernetes'], { log });
  const own = dir ?? (await mkdtemp(join(tmpdir(), 'glidein-control-plane-')));
  const removeOwn = async () => {
    if (dir === undefined) await rm(own, { recursive: true, force: true });
  };
  try {
    await mkdir(own, { recursive: true });
    const credentials = await makeCredentials({ folder: join(own, 'credentials'), kubernetes });
    const running = await startWithFreePorts({ own, kubernetes, credentials, flags });
    if (controllers)
      running.components.push(await startControllers({ own, kubernetes, credentials, url: running.url }));
    const stop = async () => {
      await Promise.all(running.components.map((component) => component.kill()));
      await removeOwn();
    };
    return await describe({ own, credentials, url: running.url, stop });
  } catch (error) {
    await removeOwn();
    throw error;
  }
}

async function describe({ own, credentials, url, stop }) {
  const kubeconfig = join(own, 'kubeconfig');
  const token = credentials.tokens.admin;
  await writeKubeconfig(kubeconfig, { url, ca: credentials.ca, token, name: 'control-plane' });
  return {
    url,
    token,
    kubeconfig,
    ca: credentials.ca,
    caFile: join(credentials.folder, 'ca.crt'),
    dir: own,
    stop,
  };
}

/** Tries other ports if one is taken between the moment it was found free and the moment it is used. */
async function startWithFreePorts(options) {
  for (let attempt = 1; ; attempt++) {
    const [clientPort, peerPort, port] = await freePorts(3);
    const started = await startOnce(options, { clientPort, peerPort, port });
    if (started.failure === undefined) return started;
    const taken = started.failure.includes('address already in use');
    if (!taken || attempt === attempts) throw new Advice(started.failure);
  }
}

async function startOnce({ own, kubernetes, credentials, flags }, { clientPort, peerPort, port }) {
  const url = `https://127.0.0.1:${port}`;
  const data = join(own, 'etcd');
  await rm(data, { recursive: true, force: true });
  const programs = {
    etcd: etcdArguments({ data, clientPort, peerPort }),
    'kube-apiserver': apiServerArguments({
      credentials,
      etcdPort: clientPort,
      address: '127.0.0.1',
      port,
      flags: [...aloneFlags, ...flags],
    }),
  };
  const components = Object.entries(programs).map(([name, args]) =>
    startComponent({ command: join(kubernetes, name), args, log: join(own, `${name}.log`) }),
  );
  const failure = await readyOrFailure({ own, url, credentials, components, names: Object.keys(programs) });
  if (failure !== undefined) await Promise.all(components.map((component) => component.kill()));
  return { components, url, failure };
}

/** Returns nothing once the API server is ready, or why it never will be. */
async function readyOrFailure({ own, url, credentials, components, names }) {
  const api = new ApiClient({ url, ca: credentials.ca, token: credentials.tokens.admin });
  const waiting = new AbortController();
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const died = components.map(async ({ ended }, index) => {
    await ended;
    return `${names[index]} ended`;
  });
  try {
    const ready = api.until('/readyz', () => true, AbortSignal.any([waiting.signal, timeout]));
    const first = await Promise.race([ready.then(() => undefined), ...died]);
    return first && `${first}: ${await logEnds(own, names)}`;
  } catch (error) {
    return `The API server did not become ready in ${readyTimeoutMs / 1000} s (${error.message}). ${await logEnds(own, names)}`;
  } finally {
    waiting.abort();
    api.close();
  }
}

async function logEnds(own, names) {
  const ends = names.map(
    async (name) => `${join(own, `${name}.log`)} ends with:\n${await lastLines(join(own, `${name}.log`))}`,
  );
  return (await Promise.all(ends)).join('\n');
}

async function startControllers({ own, kubernetes, credentials, url }) {
  const kubeconfig = join(own, 'controllers.kubeconfig');
  await writeKubeconfig(kubeconfig, {
    url,
    ca: credentials.ca,
    token: credentials.tokens.controllers,
    name: 'controllers',
  });
  return startComponent({
    command: join(kubernetes, 'kube-controller-manager'),
    args: controllerArguments({ credentials, kubeconfig }),
    log: join(own, 'kube-controller-manager.log'),
  });
}
