import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupOf } from './cgroups.mjs';
import { pauseImage } from './parts.mjs';

/** The configuration files of the node's programs. They are in the state folder, where a person can read them. */

/** The node's own address: API server, DNS, and the pods' gateway. */
export const nodeAddress = '10.244.0.1';
export const apiPort = 6443;
export const dnsAddress = '10.96.0.10';
export const dnsPort = 1053;
const podNetwork = '10.244.0.0/24';

/**
 * @param {string} state
 * @param {import('./settings.mjs').Settings} settings
 * @returns {Promise<Record<'containerd' | 'kubelet' | 'dns', string>>} the files
 */
export async function writeNodeConfig(state, settings) {
  const folder = join(state, 'config');
  await mkdir(join(folder, 'cni'), { recursive: true });
  const files = {
    containerd: join(folder, 'containerd.toml'),
    kubelet: join(folder, 'kubelet.json'),
    dns: join(folder, 'Corefile'),
  };
  await writeFile(join(folder, 'resolv.conf'), `nameserver ${dnsAddress}\n`);
  await writeFile(join(folder, 'cni', '10-pods.conflist'), JSON.stringify(podNetworkConfig));
  await writeFile(files.containerd, containerdConfig(settings, join(folder, 'cni')));
  await writeFile(files.kubelet, JSON.stringify(kubeletConfig(settings, folder), null, 2));
  await writeFile(files.dns, dnsConfig(join(folder, 'dns.kubeconfig')));
  return files;
}

const podNetworkConfig = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'ptp',
      ipam: {
        type: 'host-local',
        dataDir: '/run/cni',
        ranges: [[{ subnet: podNetwork, gateway: nodeAddress }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
};

/**
 * Without `restrict_oom_score_adj`, every pod would fail where we lack CAP_SYS_RESOURCE. The `opt` plug-in would create
 * /opt/containerd on the machine.
 */
const containerdConfig = ({ folders }, cni) => `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins.'io.containerd.internal.v1.opt']
  path = "/var/lib/containerd/opt"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "${pauseImage}"

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true

  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni", "/opt/cni/bin"]
    conf_dir = "${cni}"

  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = "${join(folders.runc, 'runc')}"
      SystemdCgroup = false
`;

const kubeletConfig = ({ name, credentials }, folder) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: join(credentials.folder, 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  volumePluginDir: '/var/lib/kubelet/volume-plugins',
  cgroupDriver: 'cgroupfs',
  cgroupRoot: cgroupOf(name),
  failCgroupV1: false,
  failSwapOn: false,
  seccompDefault: true,
  clusterDNS: [dnsAddress],
  clusterDomain: 'cluster.local',
  resolvConf: join(folder, 'resolv.conf'),
  makeIPTablesUtilChains: false,
  maxPods: 250,
  // A process in a container may lack the privilege to lower its own score.
  oomScoreAdj: 0,
  // Images are loaded by hand and cannot be pulled again, so the kubelet must not remove them when the disk is full.
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
});

const dnsConfig = (kubeconfig) => `.:${dnsPort} {
  bind ${nodeAddress}
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
    ttl 5
  }
  cache 5
}
`;
