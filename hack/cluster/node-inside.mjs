import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ApiClient } from './api-client.mjs';
import { startComponent } from './component.mjs';
import { forward } from './forward.mjs';
import { writeKubeconfig } from './kubeconfig.mjs';
import { apiPort, dnsAddress, nodeAddress, writeNodeConfig } from './node-config.mjs';
import { nodePrograms } from './node-programs.mjs';
import { provision } from './provisioner.mjs';
import { readSettings, ready, writeProgress } from './settings.mjs';
import { createSystemObjects } from './system-objects.mjs';

/**
 * Runs inside the node's namespaces: it starts the programs in the order of their dependencies, restarts those that end, and
 * reports when the node is ready.
 */

const restartAfterMs = 1_000;
const state = process.argv[2];
process.chdir(state);
const settings = await readSettings(state);
const { credentials, folders, name } = settings;
const env = {
  ...process.env,
  PATH: [
    ...Object.values(folders),
    '/usr/local/sbin',
    '/usr/local/bin',
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
  ].join(':'),
};
const url = `https://${nodeAddress}:${apiPort}`;
const api = new ApiClient({ url, ca: credentials.ca, token: credentials.tokens.admin });
const starting = AbortSignal.timeout(120_000);

await mkdir('logs', { recursive: true });
const files = await writeNodeConfig(state, settings);
for (const [user, token] of Object.entries(credentials.tokens)) {
  await writeKubeconfig(join(state, 'config', `${user}.kubeconfig`), {
    url,
    ca: credentials.ca,
    token,
    name: user,
  });
}
const programs = nodePrograms(state, settings, files);
await forward({ path: 'api.sock' }, { host: nodeAddress, port: apiPort });

await writeProgress(state, 'the API server');
keep('etcd', 'containerd', 'kube-apiserver');
await Promise.all([importPauseImage(), api.until('/readyz', () => true, starting)]);

await writeProgress(state, 'the node');
keep('kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns');
await createSystemObjects(api);
void provision({ api, folder: join(state, 'volumes'), node: name });
await Promise.all([
  api.until(`/api/v1/nodes/${name}`, isReady, starting),
  // Until a namespace has one, its pods are refused.
  api.until('/api/v1/namespaces/default/serviceaccounts/default', () => true, starting),
]);
await writeProgress(state, 'Services and DNS');
await serviceAnswers();
await writeProgress(state, ready);

function keep(...names) {
  for (const program of names) void keepRunning(program);
}

async function keepRunning(program) {
  for (;;) {
    const log = join('logs', `${program}.log`);
    const { code, signal } = await startComponent({ ...programs[program], log, env }).ended;
    console.error(`${program} ended with ${signal ?? code} and will be restarted`);
    await sleep(restartAfterMs);
  }
}

/** Loads the image before the first pod needs it; containerd takes a moment to open its socket. */
async function importPauseImage() {
  const archive = join(folders.pause, 'pause.tar');
  const run = promisify(execFile);
  for (;;) {
    try {
      await run('ctr', ['-n', 'k8s.io', 'images', 'import', archive], { env });
      return;
    } catch (error) {
      if (starting.aborted) throw error;
      await sleep(100);
    }
  }
}

/** One query through the Service of the DNS proves at once that kube-proxy, the endpoint and CoreDNS work. */
async function serviceAnswers() {
  for (;;) {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([dnsAddress]);
    try {
      await resolver.resolve4('kubernetes.default.svc.cluster.local');
      return;
    } catch (error) {
      if (starting.aborted) throw error;
      await sleep(100);
    }
  }
}

function isReady(node) {
  return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
