import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '#cli/run-program.ts';
import type { Terminal } from '#cli/terminal.ts';
import { submitOf } from '#testing/ads.ts';
import { PrintedText } from '#testing/glidein-line.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import { poolCommand } from './pool-command.ts';

let home: string;
let pool: TestPool;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'glidein-pool-command-'));
  pool = await TestPool.start();
});
afterEach(async () => {
  await pool.destroy();
  await rm(home, { recursive: true, force: true });
});

/** Runs `glidein pool WORDS`. */
async function run(...words: string[]) {
  const [out, err] = [new PrintedText(), new PrintedText()];
  const program = new Command('glidein').exitOverride();
  const { signal } = new AbortController();
  const terminal = { out, err, signal, environment: {}, home, directory: home } as unknown as Terminal;
  poolCommand(program, terminal);
  const code = await runProgram(program, ['pool', ...words], terminal);
  return { code, out: out.text, err: err.text };
}
const submit = (procs = 1) =>
  pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs) });

describe('glidein pool check', () => {
  it('says of the database of a stopped pool that it is whole, and leaves no file behind', async () => {
    await submit(3);
    await pool.stop();
    const before = await readdir(pool.directory);
    expect(await run('check', pool.directory)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/pool\.db is whole: schema \d+, 1 clusters, 3 jobs, 0 history/),
    });
    expect(await readdir(pool.directory)).toEqual(before);
    pool = await TestPool.start({ directory: pool.directory });
  });

  it('says what is damaged', async () => {
    await submit(500);
    await pool.stop();
    const file = join(pool.directory, 'pool.db');
    await truncate(file, 4096 * 8);
    expect(await run('check', file)).toMatchObject({
      code: 8,
      err: expect.stringMatching(/pool\.db is damaged/),
    });
    await rm(file);
    await rm(`${file}.mark`);
    pool = await TestPool.start({ directory: pool.directory });
  });

  it('refuses the database of a running pool', async () => {
    expect(await run('check', pool.directory)).toMatchObject({
      code: 8,
      err: expect.stringMatching(/is in use/),
    });
  });
});
