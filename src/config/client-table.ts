import { oneOf, path, text } from './readers.ts';
import type { SettingTable } from './setting.ts';

/** Where a command finds its pool. */
export const clientTable = {
  pool: {
    flag: 'pool',
    argument: 'URL|NAMESPACE/NAME',
    variable: 'GLIDEIN_POOL',
    sentence:
      'The pool to use: its address, or a GlideinPool that your kubeconfig reaches; the pool of `glidein up` if absent.',
    read: text,
  },
  tokenFile: {
    flag: 'token-file',
    argument: 'FILE',
    variable: 'GLIDEIN_TOKEN_FILE',
    sentence: 'The file that holds your token for --pool.',
    read: path,
  },
  account: {
    flag: 'account',
    argument: 'NAME',
    variable: 'GLIDEIN_ACCOUNT',
    fallback: 'default',
    sentence: 'With --pool NAMESPACE/NAME: the service account of that namespace to act as.',
    read: text,
  },
  context: {
    flag: 'context',
    argument: 'NAME',
    variable: 'GLIDEIN_CONTEXT',
    sentence: 'With --pool NAMESPACE/NAME: the context of your kubeconfig; its current one if absent.',
    read: text,
  },
  state: {
    flag: 'state',
    argument: 'DIR',
    variable: 'GLIDEIN_STATE',
    sentence: 'The state directory of `glidein up`; ~/.local/state/glidein if absent.',
    read: path,
  },
} as const satisfies SettingTable;

/** How a listing is printed. */
export const outputTable = {
  output: {
    flag: 'output',
    short: 'o',
    argument: 'table|wide|json|yaml',
    variable: 'GLIDEIN_OUTPUT',
    fallback: 'table',
    sentence: 'How to print: a table for people, or everything for programs.',
    read: oneOf('table', 'wide', 'json', 'yaml'),
  },
} as const satisfies SettingTable;
