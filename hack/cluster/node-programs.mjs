import { join } from 'node:path';
import {
  apiServerArguments,
  controllerArguments,
  etcdArguments,
  schedulerArguments,
} from './command-lines.mjs';
import { apiPort, nodeAddress } from './node-config.mjs';

/**
 * The programs of a node and their command lines.
 *
 * @param {string} state
 * @param {import('./settings.mjs').Settings} settings
 * @param {Record<'containerd' | 'kubelet' | 'dns', string>} files as written by `writeNodeConfig`
 * @returns {Record<string, { command: string, args: string[] }>}
 */
export function nodePrograms(state, { name, credentials }, files) {
  const kubeconfig = (user) => join(state, 'config', `${user}.kubeconfig`);
  return {
    etcd: {
      command: 'etcd',
      args: etcdArguments({ data: join(state, 'etcd'), clientPort: 2379, peerPort: 2380 }),
    },
    containerd: { command: 'containerd', args: ['--config', files.containerd] },
    'kube-apiserver': {
      command: 'kube-apiserver',
      args: apiServerArguments({
        credentials,
        etcdPort: 2379,
        address: nodeAddress,
        port: apiPort,
        flags: [`--advertise-address=${nodeAddress}`, '--enable-admission-plugins=NodeRestriction'],
      }),
    },
    'kube-controller-manager': {
      command: 'kube-controller-manager',
      args: controllerArguments({ credentials, kubeconfig: kubeconfig('controllers') }),
    },
    'kube-scheduler': {
      command: 'kube-scheduler',
      args: schedulerArguments({ kubeconfig: kubeconfig('scheduler') }),
    },
    kubelet: {
      command: 'unshare',
      args: [
        '--mount',
        '--propagation=unchanged',
        'bash',
        join(import.meta.dirname, 'kubelet.sh'),
        `--config=${files.kubelet}`,
        `--kubeconfig=${kubeconfig('kubelet')}`,
        `--hostname-override=${name}`,
        // Without it, the registration waits 20 s for a DNS answer that never comes.
        `--node-ip=${nodeAddress}`,
      ],
    },
    'kube-proxy': {
      command: 'kube-proxy',
      args: [
        `--kubeconfig=${kubeconfig('proxy')}`,
        `--hostname-override=${name}`,
        '--proxy-mode=nftables',
        '--cluster-cidr=10.244.0.0/16',
        '--oom-score-adj=0',
        // The size of the connection table is a setting of the machine, not of this network namespace.
        '--conntrack-max-per-core=0',
        '--conntrack-min=0',
      ],
    },
    coredns: { command: 'coredns', args: ['-conf', files.dns] },
  };
}
