import { logLevelSetting } from './log-level.ts';
import {
  bytes,
  interval,
  lease,
  networks,
  oneOf,
  path,
  port,
  positiveCount,
  seconds,
  text,
} from './readers.ts';
import type { SettingTable } from './setting.ts';

/** Settings of the embedded pool's process. */
export const poolTable = {
  directory: {
    flag: 'directory',
    argument: 'DIR',
    variable: 'GLIDEIN_POOL_DIRECTORY',
    sentence: 'Where the database, the spool and the signing key are.',
    read: path,
  },
  host: {
    flag: 'host',
    argument: 'ADDRESS',
    variable: 'GLIDEIN_POOL_HOST',
    fallback: '127.0.0.1',
    sentence: 'The address to listen on.',
    read: text,
  },
  port: {
    flag: 'port',
    argument: 'PORT',
    variable: 'GLIDEIN_POOL_PORT',
    fallback: '9618',
    sentence: 'The port to listen on; 0 takes any free port.',
    read: port,
  },
  tlsDirectory: {
    flag: 'tls-directory',
    argument: 'DIR',
    variable: 'GLIDEIN_POOL_TLS_DIRECTORY',
    sentence:
      'Where tls.crt and tls.key are; they are read again when they change. Needed to listen beyond loopback.',
    read: path,
  },
  spec: {
    flag: 'spec',
    argument: 'FILE',
    variable: 'GLIDEIN_POOL_SPEC',
    sentence: 'Whose tokens are trusted, as JSON or YAML; it is read again when it changes.',
    read: path,
  },
  leaseSeconds: {
    flag: 'lease',
    argument: 'DURATION',
    variable: 'GLIDEIN_POOL_LEASE',
    fallback: '40m',
    sentence: 'How long a pilot may be silent before its jobs run elsewhere.',
    read: lease,
  },
  mostLostPilots: {
    flag: 'most-lost-pilots',
    argument: 'COUNT',
    variable: 'GLIDEIN_POOL_MOST_LOST_PILOTS',
    fallback: '5',
    sentence: 'A job that was running on this many pilots when each of them was lost is held.',
    read: positiveCount,
  },
  periodicSeconds: {
    flag: 'periodic-interval',
    argument: 'DURATION',
    variable: 'GLIDEIN_POOL_PERIODIC_INTERVAL',
    fallback: '60s',
    sentence:
      "How often the jobs' own policies are evaluated, such as periodic_hold and allowed_execute_duration.",
    read: interval,
  },
  keepFreeBytes: {
    flag: 'keep-free',
    argument: 'SIZE',
    variable: 'GLIDEIN_POOL_KEEP_FREE',
    sentence:
      'No new jobs and inputs are accepted when less space than this is free on the volume; 5 % of it if absent, from 64Mi to 2Gi.',
    read: bytes,
  },
  metrics: {
    flag: 'metrics',
    argument: 'Token|Open',
    variable: 'GLIDEIN_POOL_METRICS',
    fallback: 'Token',
    sentence: 'Who may read /metrics: only holders of a token for the pool, or everybody who can reach it.',
    read: oneOf('Token', 'Open'),
  },
  metricsTokens: {
    flag: 'metrics-tokens',
    argument: 'FILE',
    variable: 'GLIDEIN_POOL_METRICS_TOKENS',
    sentence:
      'SHA-256 digests, one a line, of further tokens that may read /metrics and nothing else; the file is read at each request.',
    read: path,
  },
  jobMemoryBytes: {
    flag: 'job-memory',
    argument: 'SIZE',
    variable: 'GLIDEIN_POOL_JOB_MEMORY',
    sentence:
      "How much memory the queued jobs may take; further jobs are refused. Half of Node's heap (--max-old-space-size) if absent.",
    read: bytes,
  },
  historyAge: {
    flag: 'history-age',
    argument: 'DURATION',
    variable: 'GLIDEIN_POOL_HISTORY_AGE',
    fallback: '30d',
    sentence: 'How long ended jobs and their files are kept.',
    read: seconds,
  },
  historyJobs: {
    flag: 'history-jobs',
    argument: 'COUNT',
    variable: 'GLIDEIN_POOL_HISTORY_JOBS',
    fallback: '1000000',
    sentence:
      'How many ended jobs are kept, if a quarter of the volume has room for them at 2Ki each; beyond that, the oldest are removed.',
    read: positiveCount,
  },
  keyAge: {
    flag: 'key-age',
    argument: 'DURATION',
    variable: 'GLIDEIN_POOL_KEY_AGE',
    fallback: '7d',
    sentence:
      'How long the key of a submission is remembered once all its jobs have been removed from the history.',
    read: seconds,
  },
  fileAge: {
    flag: 'file-age',
    argument: 'DURATION',
    variable: 'GLIDEIN_POOL_FILE_AGE',
    fallback: '1d',
    sentence: 'How long a file that no job names is kept after it was last uploaded or asked for.',
    read: seconds,
  },
  auditAge: {
    flag: 'audit-age',
    argument: 'DURATION',
    variable: 'GLIDEIN_POOL_AUDIT_AGE',
    fallback: '365d',
    sentence: 'How long the audit remembers who did what.',
    read: seconds,
  },
  auditBytes: {
    flag: 'audit-size',
    argument: 'SIZE',
    variable: 'GLIDEIN_POOL_AUDIT_SIZE',
    fallback: '512Mi',
    sentence:
      'How much space the audit takes, if a twentieth of the volume is as large: a third each for acts of administrators and operators, acts of users, and refusals. Beyond that, the oldest records of that third are removed.',
    read: bytes,
  },
  trustedProxies: {
    flag: 'trusted-proxies',
    argument: 'NETWORKS',
    variable: 'GLIDEIN_POOL_TRUSTED_PROXIES',
    sentence:
      'Proxies in front of the pool, such as 10.1.2.3,10.8.0.0/16: the audit takes the address of a client from their X-Forwarded-For. Nobody else is believed.',
    read: networks,
  },
  synchronous: {
    flag: 'synchronous',
    argument: 'FULL|OFF',
    variable: 'GLIDEIN_POOL_SYNCHRONOUS',
    fallback: 'FULL',
    sentence:
      'How hard the database tries to keep a commit. OFF may lose jobs in a power failure: for experiments only.',
    read: oneOf('FULL', 'OFF'),
  },
  logLevel: logLevelSetting,
} as const satisfies SettingTable;
