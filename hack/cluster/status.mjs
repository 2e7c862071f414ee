import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from './api-client.mjs';
import { clustersFolder, stateFolder } from './places.mjs';
import { markedProcesses } from './processes.mjs';
import { readProgress, readSettings, ready } from './settings.mjs';

/**
 * Describes in a few lines what is running.
 *
 * @param {string} name
 * @returns {Promise<{ text: string, isUp: boolean }>}
 */
export async function status(name) {
  const state = stateFolder(name);
  const processes = markedProcesses(state).length;
  if (processes === 0) return { text: await describeDown(name, state), isUp: false };
  const progress = await readProgress(state);
  if (progress !== ready)
    return { text: `${name}: starting, waiting for ${progress || 'its first process'}`, isUp: false };
  const settings = await readSettings(state);
  const { lines, isUp } = await askApiServer(state);
  const text = [
    `${name}: ${isUp ? 'up' : 'in trouble'} (${settings.kind}, ${processes} processes)`,
    ...lines,
    `  kubeconfig: ${join(state, 'kubeconfig')}`,
    `  logs:       ${settings.kind === 'node' ? join(state, 'logs') : join(state, 'control-plane')}`,
    ...(settings.kind === 'node'
      ? [`  volumes:    ${join(state, 'volumes')}`, `  seccomp:    ${join(state, 'kubelet', 'seccomp')}`]
      : []),
  ];
  return { text: text.join('\n'), isUp };
}

async function describeDown(name, state) {
  const rest = existsSync(state) ? ` It left files in ${state}; "down" removes them.` : '';
  const others = (await readdir(clustersFolder()).catch(() => []))
    .filter((entry) => !entry.endsWith('.lock') && entry !== name)
    .filter((entry) => markedProcesses(stateFolder(entry)).length > 0);
  return `${name}: down.${rest}${others.length > 0 ? ` Up under other names: ${others.join(', ')}.` : ''}`;
}

async function askApiServer(state) {
  const config = JSON.parse(await readFile(join(state, 'kubeconfig'), 'utf8'));
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  const api = new ApiClient({
    url: server,
    ca: Buffer.from(ca, 'base64').toString(),
    token: config.users[0].user.token,
  });
  try {
    const [version, nodes] = await Promise.all([api.get('/version'), api.get('/api/v1/nodes')]);
    const states = nodes.items.map(nodeState);
    return {
      lines: [`  Kubernetes: ${version.gitVersion} at ${server}`, ...states.map((node) => node.line)],
      isUp: states.every((node) => node.isReady),
    };
  } catch (error) {
    return { lines: [`  the API server does not answer: ${error.message}`], isUp: false };
  } finally {
    api.close();
  }
}

function nodeState({ metadata, status: { conditions, nodeInfo } }) {
  const condition = conditions.find(({ type }) => type === 'Ready');
  const isReady = condition?.status === 'True';
  const said = isReady ? 'Ready' : `not ready: ${condition?.message ?? 'it has not yet said so'}`;
  const line = `  node:       ${metadata.name} ${said} (kubelet ${nodeInfo.kubeletVersion}, ${nodeInfo.containerRuntimeVersion}, kernel ${nodeInfo.kernelVersion})`;
  return { line, isReady };
}
