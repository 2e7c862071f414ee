import { join } from 'node:path';

/** Command lines of the control plane, the same for a control plane alone and for a whole node. */

/** The API server's name inside the cluster, and so the `iss` of pods' tokens. */
const issuer = 'https://kubernetes.default.svc.cluster.local';

/**
 * @param {object} options
 * @param {string} options.data folder
 * @param {number} options.clientPort
 * @param {number} options.peerPort
 */
export function etcdArguments({ data, clientPort, peerPort }) {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    '--data-dir',
    data,
    '--listen-client-urls',
    client,
    '--advertise-client-urls',
    client,
    '--listen-peer-urls',
    peer,
    '--initial-advertise-peer-urls',
    peer,
    '--initial-cluster',
    `default=${peer}`,
    // Test data need not survive a power failure.
    '--unsafe-no-fsync',
    '--log-level',
    'warn',
  ];
}

/**
 * @param {object} options
 * @param {import('./credentials.mjs').Credentials} options.credentials
 * @param {number} options.etcdPort
 * @param {string} options.address to listen on
 * @param {number} options.port
 * @param {readonly string[]} options.flags what differs between the two uses
 */
export function apiServerArguments({ credentials: { folder }, etcdPort, address, port, flags }) {
  const own = {
    'etcd-servers': `http://127.0.0.1:${etcdPort}`,
    'bind-address': address,
    'secure-port': port,
    'tls-cert-file': join(folder, 'apiserver.crt'),
    'tls-private-key-file': join(folder, 'apiserver.key'),
    'kubelet-client-certificate': join(folder, 'kubelet-client.crt'),
    'kubelet-client-key': join(folder, 'kubelet-client.key'),
    // Without this, logs and exec look up the node's name, which is not in DNS.
    'kubelet-preferred-address-types': 'InternalIP',
    'token-auth-file': join(folder, 'tokens.csv'),
    'authorization-mode': 'Node,RBAC',
    'allow-privileged': true,
    'service-cluster-ip-range': '10.96.0.0/16',
    'service-account-issuer': issuer,
    'service-account-jwks-uri': `${issuer}/openid/v1/jwks`,
    'service-account-key-file': join(folder, 'service-account.pub'),
    'service-account-signing-key-file': join(folder, 'service-account.key'),
  };
  return [...Object.entries(own).map(([flag, value]) => `--${flag}=${value}`), ...flags];
}

/**
 * @param {object} options
 * @param {import('./credentials.mjs').Credentials} options.credentials
 * @param {string} options.kubeconfig of the controller-manager's own user
 */
export function controllerArguments({ credentials: { folder }, kubeconfig }) {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--root-ca-file=${join(folder, 'ca.crt')}`,
    `--service-account-private-key-file=${join(folder, 'service-account.key')}`,
    // With separate credentials, each controller gets its rights from the bootstrap roles; a single user would have none.
    '--use-service-account-credentials=true',
    ...aloneHere,
  ];
}

/** @param {{ kubeconfig: string }} options of the scheduler's own user */
export function schedulerArguments({ kubeconfig }) {
  return [`--kubeconfig=${kubeconfig}`, ...aloneHere];
}

/** Without leader election, because there is only one, and without a port, for which several would compete. */
const aloneHere = ['--leader-elect=false', '--secure-port=0'];
