import { readFile } from 'node:fs/promises';
import type { Finding } from '#wire/finding.ts';

/** The user of this process, whom Apptainer looks up by number. */
export async function account(uid = process.getuid?.() ?? 0, passwd = '/etc/passwd'): Promise<Finding> {
  const lines = (await readFile(passwd, 'utf8').catch(() => '')).split('\n');
  const name = lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0];
  const known = name !== undefined;
  return {
    what: 'account',
    attributes: {},
    verdict: known ? 'good' : 'bad',
    evidence: known ? `${passwd}: user ${uid} is ${name}` : `${passwd} has no user ${uid}`,
    ...(known
      ? {}
      : { cure: `add the user to the image: echo glidein:x:${uid}:${uid}::/tmp:/bin/sh >>/etc/passwd` }),
  };
}
