import { join } from 'node:path';
import { writeOciArchive } from './oci-archive.mjs';
import {
  actionlintVersion,
  containerdVersion,
  corednsVersion,
  helm3Version,
  helmVersion,
  kubernetesVersion,
  otlpReceiverVersion,
  runcVersion,
} from './versions.mjs';

/**
 * The programs of the cluster and how each is built. The order matters: integration tests only need the first one, which
 * takes longest.
 *
 * @typedef {object} Part
 * @property {string} version
 * @property {string} usually how long a first build usually takes on two cores
 * @property {readonly string[]} sources files of this project that go into it, relative to the Go folder
 * @property {readonly string[]} packages Debian packages that the build needs
 * @property {Record<string, string>} links further names in the part's folder, and what they point at
 * @property {(folder: string) => { args: string[], env?: Record<string, string> }[]} goRuns what Go is to do, in order, so that its
 *   results lie in `folder`, where `go install` puts them; CGO is off unless told otherwise
 * @property {(folder: string) => Promise<unknown>} [finish] what remains after that
 */

const stripped = ['-trimpath', '-ldflags', '-s -w'];

/** @param {string} version what the component is to say of itself, as v1.36.3 */
function kubernetesFlags(version) {
  const [major, minor] = version.slice(1).split('.');
  const set = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const settings = Object.entries(set).map(
    ([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`,
  );
  return ['-trimpath', '-ldflags', ['-s -w', ...settings].join(' ')];
}

const kubernetesNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
  'make-certificates',
];

/** The name of the image that holds a pod's namespaces. */
export const pauseImage = 'glidein.local/pause:1';

/** Helm, whose modules are named after its major version. */
function helmOf(version) {
  const module_ = `helm.sh/helm/${version.split('.')[0]}`;
  return {
    version,
    usually: 'about 2 minutes',
    sources: [],
    packages: [],
    links: {},
    goRuns: () => [
      {
        args: [
          'install',
          '-trimpath',
          '-ldflags',
          `-s -w -X ${module_}/internal/version.version=${version}`,
          `${module_}/cmd/helm@${version}`,
        ],
      },
    ],
  };
}

/** @type {Record<'kubernetes' | 'pause' | 'containerd' | 'runc' | 'coredns' | 'helm' | 'helm3' | 'otlp-receiver' | 'actionlint', Part>} */
export const parts = {
  kubernetes: {
    version: kubernetesVersion,
    usually: '5 to 8 minutes',
    sources: ['go.mod', 'go.sum', 'kubernetes/main.go', 'kubernetes/certificate.go'],
    packages: [],
    links: Object.fromEntries(kubernetesNames.map((name) => [name, 'kubernetes'])),
    goRuns: (folder) => [
      { args: ['build', ...kubernetesFlags(kubernetesVersion), '-o', `${folder}/`, './kubernetes'] },
    ],
  },
  pause: {
    version: '1',
    usually: 'a few seconds',
    sources: ['pause/main.go'],
    packages: [],
    links: {},
    goRuns: (folder) => [{ args: ['build', ...stripped, '-o', join(folder, 'tree', 'pause'), './pause'] }],
    finish: (folder) =>
      writeOciArchive({
        file: join(folder, 'pause.tar'),
        name: pauseImage,
        layers: [{ folder: join(folder, 'tree') }],
        config: { Entrypoint: ['/pause'], User: '65535:65535' },
      }),
  },
  containerd: {
    version: containerdVersion,
    usually: 'about 70 seconds',
    sources: [],
    packages: [],
    links: {},
    goRuns: () => [
      {
        args: [
          'install',
          ...stripped,
          ...['containerd', 'containerd-shim-runc-v2', 'ctr'].map(
            (command) => `github.com/containerd/containerd/v2/cmd/${command}@${containerdVersion}`,
          ),
        ],
      },
    ],
  },
  runc: {
    version: runcVersion,
    usually: 'about 15 seconds',
    sources: [],
    // It needs a C compiler, because a C library compiles seccomp filters.
    packages: ['gcc', 'libc6-dev', 'pkg-config', 'libseccomp-dev'],
    links: {},
    goRuns: () => [
      {
        args: ['install', ...stripped, '-tags', 'seccomp', `github.com/opencontainers/runc@${runcVersion}`],
        env: { CGO_ENABLED: '1' },
      },
    ],
  },
  coredns: {
    version: corednsVersion,
    usually: 'about 2 minutes',
    sources: [],
    packages: [],
    links: {},
    goRuns: () => [{ args: ['install', ...stripped, `github.com/coredns/coredns@${corednsVersion}`] }],
  },
  helm: helmOf(helmVersion),
  helm3: helmOf(helm3Version),
  'otlp-receiver': {
    version: otlpReceiverVersion,
    usually: 'about 20 seconds',
    sources: ['go.mod', 'go.sum', 'main.go'].map((file) => `../../otlp-receiver/${file}`),
    packages: [],
    links: {},
    goRuns: (folder) => [
      { args: ['build', '-C', '../../otlp-receiver', ...stripped, '-o', `${folder}/`, '.'] },
    ],
  },
  actionlint: {
    version: actionlintVersion,
    usually: 'about 20 seconds',
    sources: [],
    packages: [],
    links: {},
    goRuns: () => [
      { args: ['install', ...stripped, `github.com/rhysd/actionlint/cmd/actionlint@${actionlintVersion}`] },
    ],
  },
};

/** The parts of a whole node; a control plane alone only needs the first. */
export const nodeParts = /** @type {const} */ ([
  'kubernetes',
  'pause',
  'containerd',
  'runc',
  'coredns',
  'helm',
]);
