import { logLevelSetting } from './log-level.ts';
import { objectName, path, port, text } from './readers.ts';
import type { SettingTable } from './setting.ts';

/** Settings of a publisher. In a cluster the operator sets them. */
export const publisherTable = {
  spec: {
    flag: 'spec',
    argument: 'FILE',
    variable: 'GLIDEIN_PUBLISHER_SPEC',
    sentence: 'The set of images, as JSON or YAML; it is read again when it changes.',
    read: path,
  },
  directory: {
    flag: 'directory',
    argument: 'DIR',
    variable: 'GLIDEIN_PUBLISHER_DIRECTORY',
    sentence: 'Where images are published: the directory that pilots look into.',
    read: path,
  },
  name: {
    flag: 'name',
    argument: 'NAME',
    variable: 'GLIDEIN_PUBLISHER_NAME',
    fallback: 'images',
    sentence: 'The name of the set; several sets may share a directory if their names differ.',
    read: objectName,
  },
  state: {
    flag: 'state',
    argument: 'DIR',
    variable: 'GLIDEIN_PUBLISHER_STATE',
    sentence:
      'Where the status and leases are kept, on a disk of this machine; .publisher in the directory of images if absent.',
    read: path,
  },
  layers: {
    flag: 'layers',
    argument: 'DIR',
    variable: 'GLIDEIN_PUBLISHER_LAYERS',
    sentence:
      'Where layers are kept that images share, those of each set in a folder of its own; `layers` in the state if absent.',
    read: path,
  },
  credentials: {
    flag: 'credentials',
    argument: 'DIR',
    variable: 'GLIDEIN_PUBLISHER_CREDENTIALS',
    sentence:
      'A directory of files like those of `docker login`, or of mounted pull secrets. They are read again from time to time.',
    read: path,
  },
  host: {
    flag: 'host',
    argument: 'ADDRESS',
    variable: 'GLIDEIN_PUBLISHER_HOST',
    fallback: '127.0.0.1',
    sentence: 'The address to listen on.',
    read: text,
  },
  port: {
    flag: 'port',
    argument: 'PORT',
    variable: 'GLIDEIN_PUBLISHER_PORT',
    fallback: '9620',
    sentence: 'The port to listen on; 0 takes any free port, and the file `url` in the state says which.',
    read: port,
  },
  tokenFile: {
    flag: 'token-file',
    argument: 'FILE',
    variable: 'GLIDEIN_PUBLISHER_TOKEN_FILE',
    sentence:
      'The token that the status, the metrics and leases of images want. Without it, nobody listens: the status is in the state.',
    read: path,
  },
  metricsTokens: {
    flag: 'metrics-tokens',
    argument: 'FILE',
    variable: 'GLIDEIN_PUBLISHER_METRICS_TOKENS',
    sentence:
      'SHA-256 digests, one a line, of further tokens that may read the metrics and nothing else; the file is read at each request.',
    read: path,
  },
  apptainer: {
    flag: 'apptainer',
    argument: 'FILE',
    variable: 'GLIDEIN_APPTAINER',
    sentence: 'The apptainer that images are tried with; the first that is found if absent.',
    read: path,
  },
  logLevel: logLevelSetting,
} as const satisfies SettingTable;
