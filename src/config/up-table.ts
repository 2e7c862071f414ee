import { bytes, lease, logLevel, path, port, positiveCount, text } from './readers.ts';
import type { SettingTable } from './setting.ts';

/** Settings of `glidein up`; its state directory is the client's `--state`. */
export const upTable = {
  images: {
    flag: 'images',
    argument: 'DIR',
    variable: 'GLIDEIN_IMAGES',
    sentence: 'A directory of expanded images that is searched first; ~/.cache/glidein/images if absent.',
    read: path,
  },
  apptainer: {
    flag: 'apptainer',
    argument: 'FILE',
    variable: 'GLIDEIN_APPTAINER',
    sentence: 'The apptainer to use instead of the first one that is found.',
    read: path,
  },
  cores: {
    flag: 'cores',
    argument: 'N',
    variable: 'GLIDEIN_UP_CORES',
    sentence: "The cores that all pilots together offer; all of this machine's if absent.",
    read: positiveCount,
  },
  memory: {
    flag: 'memory',
    argument: 'SIZE',
    variable: 'GLIDEIN_UP_MEMORY',
    sentence: "The memory that all pilots together offer; all but 512Mi of this machine's if absent.",
    read: bytes,
  },
  port: {
    flag: 'port',
    argument: 'PORT',
    variable: 'GLIDEIN_UP_PORT',
    fallback: '0',
    sentence: 'The port of the pool on 127.0.0.1; 0 takes any free port.',
    read: port,
  },
  lease: {
    flag: 'lease',
    argument: 'DURATION',
    variable: 'GLIDEIN_POOL_LEASE',
    fallback: '40m',
    sentence: 'How long a pilot may be silent before its jobs run elsewhere.',
    read: (value: string) => {
      lease(value);
      return text(value);
    },
  },
  logLevel: {
    flag: 'log-level',
    argument: 'LEVEL',
    variable: 'GLIDEIN_LOG_LEVEL',
    fallback: 'warn',
    sentence: 'The least severe level that is logged to the error stream.',
    read: logLevel,
  },
} as const satisfies SettingTable;
