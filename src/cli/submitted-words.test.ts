import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
beforeAll(async () => {
  line = await GlideinLine.start();
});
afterAll(() => line.stop());

/** Submits a job. @returns what `q` shows of it */
async function shown(lines: string, expression: string): Promise<string> {
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = hello\n${lines}\nqueue\n`;
  const { out, err } = await line.run(['submit', await line.file('job.sub', text)]);
  const cluster = /cluster (\d+)/.exec(out)?.[1];
  if (cluster === undefined) throw new Error(err);
  return (await line.run(['q', cluster, '--af', expression])).out.trimEnd();
}

it.each([
  ['batch_name', 'batch_name = my fits', 'JobBatchName', 'my fits'],
  ['batch_project', 'batch_project = higgs', 'JobBatchProject', 'higgs'],
  ['description', 'description = one of many', 'JobDescription', 'one of many'],
  ['image_size', 'image_size = 5000', 'ImageSize', '5000'],
])('the %s of a submit file appears in the ad of its job', async (_command, lines, expression, value) => {
  expect(await shown(lines, expression)).toBe(value);
});

it('a job that its submit file puts on hold waits for its release', async () => {
  expect(await shown('hold = true', 'strcat(JobStatus, " ", HoldReasonCode)')).toBe('5 15');
  expect(await shown('hold = false', 'JobStatus')).toBe('1');
});
