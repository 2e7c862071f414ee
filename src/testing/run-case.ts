import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import type { GlideinUp } from './glidein-up.ts';

const cases = resolve(import.meta.dirname, '../../test/e2e/cases');

/** Runs the only job of a folder of `test/e2e/cases` to its end, in a copy of that: its results come there. @returns the lines that it printed */
export async function printedBy(up: GlideinUp, name: string): Promise<string[]> {
  const cwd = join(up.directory, name);
  await cp(join(cases, name), cwd, { recursive: true });
  const { code, out, err } = await up.glidein(['submit', 'job.sub'], { cwd });
  expect(code, err).toBe(0);
  const cluster = Number(/cluster (\d+)/.exec(out)?.[1]);
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
  });
  return (await up.glidein(['logs', String(cluster)])).out.split('\n');
}
