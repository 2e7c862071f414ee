import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';

const jobs = 50;
let up: GlideinUp;

beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({ cpus: 4 }));
});
afterAll(() => up?.stop());

test(`${jobs} jobs with an input and an output file each: all done, right contents, pilots back to zero`, async () => {
  const inputs = join(up.directory, 'inputs');
  await mkdir(inputs);
  for (let proc = 0; proc < jobs; proc += 1)
    await writeFile(join(inputs, `${proc}.txt`), `content ${proc}\n`.repeat(proc + 1));
  await writeFile(
    join(up.directory, 'work.sh'),
    '#!/bin/sh\nwc -l < $1.txt > lines.txt\ncat $1.txt $1.txt > twice.txt\necho out $1\necho err $1 >&2\n',
  );
  const cluster = await up.submit(`
    executable = work.sh
    arguments = $(Process)
    container_image = hello
    transfer_input_files = inputs/$(Process).txt
    transfer_output_files = lines.txt, twice.txt
    output = job.out
    error = job.err
    request_memory = 128 MB
    request_disk = 10 MB
    queue ${jobs}`);
  const done = await eventually(async () => {
    const all = await up.jobs(cluster);
    expect(all.filter(({ ad }) => ad.JobStatus === '4')).toHaveLength(jobs);
    return all;
  }, 120_000);
  expect(done.every(({ attempts }) => attempts.length === 1)).toBe(true);

  const results = join(up.directory, 'results');
  expect((await up.glidein(['fetch', String(cluster), '-d', results])).code).toBe(0);
  for (let proc = 0; proc < jobs; proc += 1) {
    const file = (name: string) => readFile(join(results, `${cluster}.${proc}`, name), 'utf8');
    const input = `content ${proc}\n`.repeat(proc + 1);
    expect((await file('lines.txt')).trim()).toBe(String(proc + 1));
    expect(await file('twice.txt')).toBe(input + input);
    expect(await file('job.out')).toBe(`out ${proc}\n`);
    expect(await file('job.err')).toBe(`err ${proc}\n`);
  }
  await eventually(async () => expect((await up.status()).pilots).toHaveLength(0));
});
