import { GlideinError } from '#base/error.ts';
import { oneOf, path, seconds, text } from './readers.ts';
import type { SettingTable } from './setting.ts';

const longestLife = 366 * 86_400;

/** Settings of `glidein token`; without a pool's directory it is the one of `glidein up`. */
export const tokenTable = {
  poolDirectory: {
    flag: 'pool-directory',
    argument: 'DIR',
    variable: 'GLIDEIN_POOL_DIRECTORY',
    sentence:
      'The directory of the pool, which contains its key; that of the pool of `glidein up` if absent.',
    read: path,
  },
  role: {
    flag: 'role',
    argument: 'submitter|pilot|operator|admin',
    variable: 'GLIDEIN_TOKEN_ROLE',
    fallback: 'submitter',
    sentence: 'What the bearer may do.',
    read: oneOf('submitter', 'pilot', 'operator', 'admin'),
  },
  subject: {
    flag: 'subject',
    argument: 'NAME',
    variable: 'GLIDEIN_TOKEN_SUBJECT',
    sentence: 'Who the bearer is: the owner of jobs, or the uid of a pilot; you if absent.',
    read: text,
  },
  life: {
    flag: 'for',
    argument: 'DURATION',
    variable: 'GLIDEIN_TOKEN_FOR',
    fallback: '12h',
    sentence: 'How long the token is valid; it cannot be revoked before.',
    read: life,
  },
} as const satisfies SettingTable;

/** Seconds. */
function life(value: string): number {
  const length = Math.floor(seconds(value));
  if (length >= 1 && length <= longestLife) return length;
  throw new GlideinError('InvalidArgument', `"${value}" is not a valid life of a token`, {
    cure: 'write a duration from 1s to 366d',
  });
}
