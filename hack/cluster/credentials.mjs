import { execFile } from 'node:child_process';
import { generateKeyPair, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The names by which pods, components and people on this machine may address the API server. */
const serverNames = [
  '127.0.0.1',
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

/**
 * Who may talk to the API server, each with a token that is made anew for every cluster: users and groups as Kubernetes'
 * bootstrap roles expect them.
 */
const users = {
  admin: { user: 'admin', groups: 'system:masters' },
  controllers: { user: 'system:kube-controller-manager', groups: '' },
  scheduler: { user: 'system:kube-scheduler', groups: '' },
  proxy: { user: 'system:kube-proxy', groups: '' },
  dns: { user: 'glidein:dns', groups: '' },
};

/**
 * @typedef {object} Credentials
 * @property {string} folder with ca.crt, apiserver.crt and .key, kubelet-client.crt and .key, service-account.key and .pub, tokens.csv
 * @property {string} ca certificate of the CA, PEM
 * @property {Record<string, string>} tokens by the names of `users`, and `kubelet`
 */

/**
 * @param {object} options
 * @param {string} options.folder is created
 * @param {string} options.kubernetes folder of the built Kubernetes
 * @param {readonly string[]} [options.addresses] further addresses of the API server
 * @param {string} [options.node] name of the node whose kubelet may come
 * @returns {Promise<Credentials>}
 */
export async function makeCredentials({ folder, kubernetes, addresses = [], node = 'none' }) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kubelet = { user: `system:node:${node}`, groups: 'system:nodes' };
  const tokens = {};
  const lines = [];
  for (const [name, { user, groups }] of Object.entries({ ...users, kubelet })) {
    tokens[name] = randomBytes(24).toString('base64url');
    lines.push(`${tokens[name]},${user},${user}${groups && `,"${groups}"`}\n`);
  }
  await Promise.all([
    writeFile(join(folder, 'tokens.csv'), lines.join(''), { mode: 0o600 }),
    writeServiceAccountKeys(folder),
    promisify(execFile)(join(kubernetes, 'make-certificates'), [folder, ...serverNames, ...addresses]),
  ]);
  return { folder, tokens, ca: await readFile(join(folder, 'ca.crt'), 'utf8') };
}

async function writeServiceAccountKeys(folder) {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(join(folder, 'service-account.key'), pair.privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'service-account.pub'), pair.publicKey);
}
