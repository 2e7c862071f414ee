import { expect, it } from 'vitest';
import type { JobFile } from '#wire/file.ts';
import type { JobView } from '#wire/jobs.ts';
import { fetchedFiles, remarks } from './fetched-files.ts';

const file = (name: string): JobFile => ({
  name,
  digest: `sha256:${'0'.repeat(64)}`,
  size: 10,
  executable: false,
});

const view = (ad: Record<string, string>, more: Partial<JobView> = {}): JobView => ({
  id: '1.0',
  ad,
  attempts: [],
  outputs: [],
  stdout: file('stdout'),
  stderr: file('stderr'),
  ...more,
});

const names = (job: JobView) => fetchedFiles(job).files.map(({ name }) => name);

it('fetched streams are named by the submit file, or else after the job', () => {
  expect(names(view({ Out: '"a/job.out"', Err: '"job.err"' }))).toEqual(['job.out', 'job.err']);
  expect(names(view({ Out: '"/dev/null"' }))).toEqual(['1.0.out', '1.0.err']);
});

it('standard output with the name of an output file is fetched under another name, with a remark', () => {
  const job = view({ Out: '"result.txt"' }, { outputs: [file('result.txt'), file('1.0.out')] });
  expect(names(job)).toEqual(['result.txt', '1.0.out', '1.0.out.1', '1.0.err']);
  expect(fetchedFiles(job).remarks).toEqual([
    '1.0: standard output is in 1.0.out.1, because the job has another file named result.txt',
  ]);
});

it('fetched streams whose names differ only in their folders do not replace each other', () => {
  expect(names(view({ Out: '"a/log"', Err: '"b/log"' }))).toEqual(['log', '1.0.err']);
});

it('a fetched stream with the name of an output folder gets another name', () => {
  expect(names(view({ Out: '"res"' }, { outputs: [file('res/a')] }))).toContain('1.0.out');
  expect(names(view({ Out: '"res"' }, { folders: ['res/empty'] }))).toContain('1.0.out');
});

it('remarks on a job say which streams were truncated and which files did not come back', () => {
  const job = view(
    {},
    {
      stdout: { ...file('stdout'), printed: 150 },
      left: [{ name: 'res/broken', reason: 'its target does not exist' }],
    },
  );
  expect(remarks(job)).toEqual([
    '1.0: standard output was truncated: 150 bytes were printed and 10 came back, the beginning and the end',
    '1.0: res/broken did not come back: its target does not exist',
  ]);
  expect(remarks(view({}))).toEqual([]);
});
