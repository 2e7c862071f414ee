import { logLevelSetting } from './log-level.ts';
import { address, dottedName, objectName, objectNames, oneOf, path, text } from './readers.ts';
import type { SettingTable } from './setting.ts';

/** Settings of the operator. In a cluster the chart's Deployment sets them. */
export const operatorTable = {
  namespaces: {
    flag: 'namespaces',
    argument: 'NAMESPACES',
    variable: 'GLIDEIN_NAMESPACES',
    sentence:
      'The only namespaces to serve, separated by commas; all namespaces if absent. One that cannot be read yet is served once it can.',
    read: objectNames,
  },
  image: {
    flag: 'image',
    argument: 'IMAGE',
    variable: 'GLIDEIN_IMAGE',
    sentence: 'The image of pools and pilots whose resource names none: the one that the operator runs in.',
    read: text,
  },
  site: {
    flag: 'site',
    argument: 'NAME',
    variable: 'GLIDEIN_SITE',
    fallback: 'cluster',
    sentence:
      'The name under which pools know this installation; it must differ from those of other sites with the same pool.',
    read: objectName,
  },
  listenAddress: {
    flag: 'listen-address',
    argument: 'HOST:PORT',
    variable: 'GLIDEIN_LISTEN_ADDRESS',
    fallback: '[::]:8080',
    sentence: 'Where /metrics, /healthz and /readyz are served.',
    read: address,
  },
  metrics: {
    flag: 'metrics',
    argument: 'Token|Open',
    variable: 'GLIDEIN_METRICS',
    fallback: 'Token',
    sentence:
      'Who may read the operator’s /metrics: whoever shows the token of --metrics-secret, or everybody who can reach it.',
    read: oneOf('Token', 'Open'),
  },
  metricsSecret: {
    flag: 'metrics-secret',
    argument: 'NAME',
    variable: 'GLIDEIN_METRICS_SECRET',
    fallback: 'glidein-metrics',
    sentence:
      'The Secret in the operator’s namespace whose key token opens the metrics of operator, pools and publishers; the operator writes one into a Secret that has none.',
    read: dottedName,
  },
  operatorNamespace: {
    flag: 'operator-namespace',
    argument: 'NAMESPACE',
    variable: 'GLIDEIN_OPERATOR_NAMESPACE',
    sentence: 'The namespace of the operator’s service account; that of its pod or kubeconfig if absent.',
    read: objectName,
  },
  serviceAccount: {
    flag: 'service-account',
    argument: 'NAME',
    variable: 'GLIDEIN_SERVICE_ACCOUNT',
    fallback: 'glidein-operator',
    sentence:
      'The operator’s service account: the identity that it shows to pools, and the name of its Lease.',
    read: objectName,
  },
  leaderElectionNamespace: {
    flag: 'leader-election-namespace',
    argument: 'NAMESPACE',
    variable: 'GLIDEIN_LEADER_ELECTION_NAMESPACE',
    sentence:
      'The namespace of the Lease that one operator of an installation holds at a time; the operator’s namespace if absent.',
    read: objectName,
  },
  podName: {
    flag: 'pod-name',
    argument: 'NAME',
    variable: 'GLIDEIN_POD_NAME',
    fallback: 'operator',
    sentence: 'The name of this process in the Lease and in Events.',
    read: text,
  },
  seccompProfile: {
    flag: 'seccomp-profile',
    argument: 'FILE',
    variable: 'GLIDEIN_SECCOMP_PROFILE',
    sentence: 'A Localhost seccomp profile for pilots, below the kubelet’s seccomp directory of every node.',
    read: text,
  },
  kubeconfig: {
    flag: 'kubeconfig',
    argument: 'FILE',
    variable: 'GLIDEIN_KUBECONFIG',
    sentence: 'How to reach the API server from outside a pod; the pod’s service account if absent.',
    read: path,
  },
  logLevel: logLevelSetting,
} as const satisfies SettingTable;
