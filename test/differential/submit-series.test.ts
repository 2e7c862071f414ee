import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseSubmit, type SubmitDescription } from '#submit/parse-submit.ts';
import { eachProc } from '#submit/queue/procs.ts';
import { randomOf } from '#testing/random-of.ts';
import { submitFiles, submitFolder } from './submit-answers.ts';
import { generateSubmitFiles } from './submit-generator.ts';

/** The jobs of a file, made one by one or as a series; a text says why it was refused. */
function jobsOf(text: string, shortestSeries: number): SubmitDescription | string {
  const readFile = (path: string): string | undefined => {
    try {
      return readFileSync(resolve(submitFolder, path), 'utf8');
    } catch {
      return undefined;
    }
  };
  try {
    return parseSubmit(text, {
      file: 'job.sub',
      owner: 'alice',
      directory: submitFolder,
      now: 1_800_000_000,
      environment: { HOME: '/home/alice' },
      timeZone: 'UTC',
      userId: 1000,
      random: () => 0.5,
      readFile,
      sizeOf: (path) => path.length * 1000,
      shortestSeries,
    });
  } catch (error) {
    return String(error);
  }
}

/** The file with this many jobs, in whose values the number of the job is used. */
function queueing(text: string, count: number): string {
  const lines = text.split('\n').filter((line) => !/^\s*queue/i.test(line));
  return [...lines, '+Own = "job $(Process) of $(Cluster)"', `queue ${count}`, ''].join('\n');
}

const written = submitFiles().map((name) => ({ name, text: readFileSync(join(submitFolder, name), 'utf8') }));
const files = [...written, ...generateSubmitFiles(150, randomOf(20_261_129))];

test.each([3, 400])('%i jobs of a file are the same as a series and one by one', (count) => {
  let series = 0;
  let lists = 0;
  for (const { name, text } of files) {
    const file = queueing(text, count);
    const one = jobsOf(file, 2);
    const other = jobsOf(file, Number.POSITIVE_INFINITY);
    if (typeof one === 'string' || typeof other === 'string') {
      expect(one, name).toBe(other);
      continue;
    }
    if (one.series === undefined) lists += 1;
    else series += 1;
    expect({ ...one, series: undefined, procs: [...eachProc(one)] }, name).toEqual(other);
  }
  console.log(`${series} of ${series + lists} files are a series of ${count} jobs`);
  expect(series).toBeGreaterThan(0.8 * (series + lists));
});
