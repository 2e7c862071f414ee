import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pipedTerminal } from '#testing/piped-terminal.ts';
import { program } from '../program.ts';
import { runProgram } from '../run-program.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-classad-'));
  await writeFile(
    join(directory, 'job.ad'),
    'RequestCpus = 4\nRequirements = TARGET.Cpus >= RequestCpus && TARGET.HasX\n',
  );
  await writeFile(join(directory, 'slot.ad'), '[ Cpus = 8; Requirements = true ]');
  await writeFile(join(directory, 'bad.ad'), 'A = 1\nB = = 2\n');
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Runs `glidein classad WORDS` with an input. */
async function run(words: readonly string[], input: string[] = [], isTTY = false) {
  const terminal = {
    ...pipedTerminal(directory),
    input: Object.assign(Readable.from(input), { isTTY }),
  };
  const line = ['classad', ...words];
  const glidein = await program(terminal, { version: '1.2.3', words: line });
  const code = await runProgram(glidein, line, terminal);
  return { code, out: terminal.out.text, err: terminal.err.text };
}

const lines = (...requests: unknown[]): string[] =>
  requests.map((request) => `${typeof request === 'string' ? request : JSON.stringify(request)}\n`);

describe('classad eval', () => {
  test('answers each input line with one line', async () => {
    const { out, code } = await run(
      ['eval'],
      lines(
        { e: '1 + 1.5' },
        { e: 'a + b', my: '[a = 1]', target: '[b = 2]' },
        { e: '"é"', my: null },
        { e: 'a +\n * 2' },
        { e: 'a', my: '[ a = 1; b = = ]' },
        { my: '[]' },
        { e: 5 },
        'nonsense',
        '',
        { e: '1/0' },
      ),
    );
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { v: '2.500000000000000E+00' },
      { v: '3' },
      { v: '"\\303\\251"' },
      { error: 'parse', at: 5, message: expect.stringContaining('expected a value') },
      { error: 'parse', in: 'my', at: 13, message: expect.stringContaining('found "="') },
      { error: 'request', message: expect.stringContaining('"e", the expression, is missing') },
      { error: 'request', message: '"e" is not a string' },
      { error: 'request', message: expect.stringContaining('not JSON') },
      { v: 'error' },
    ]);
  });

  test('prints values for people, with the reason of an error and with the clauses', async () => {
    expect((await run(['eval', '1/0', 'strcat("a",1)'])).out).toBe('error   (division by zero)\n"a1"\n');
    const { out } = await run(['eval', '--my', 'job.ad', '--target', 'slot.ad', '--explain', 'Requirements']);
    expect(out).toMatch(/^undefined\n/);
    expect(out).toMatch(/yes +TARGET\.Cpus >= RequestCpus +true +RequestCpus=4 TARGET\.Cpus=8/);
    expect(out).toMatch(/no +TARGET\.HasX +undefined +TARGET\.hasx=undefined/);
  });

  test('shows the place of a syntax error', async () => {
    const { code, err } = await run(['eval', 'Memory > 4G']);
    expect(code).toBe(2);
    expect(err).toContain('    Memory > 4G\n              ^\n');
    expect(err).toContain('units such as K, M, G');
    const bad = await run(['eval', '--my', 'bad.ad', 'A']);
    expect(bad.err).toContain('bad.ad:2:5:');
    expect((await run(['eval', '--my', 'none.ad', 'A'])).code).toBe(4);
  });

  test('continues at a terminal after a syntax error', async () => {
    const { out, code } = await run(['eval'], ['1 + 1\n', '1 +\n', '"a"\n'], true);
    expect(code).toBe(0);
    expect(out).toMatch(/^2\n {4}1 \+\n {7}\^\n.*found the end.*\n"a"\n$/);
  });
});

describe('classad match', () => {
  test('answers each input line with a verdict', async () => {
    const { out } = await run(
      ['match'],
      lines(
        { left: '[Requirements = TARGET.a]', right: '[a = true; Requirements = 1]' },
        { left: '[Requirements = true]', right: '[]' },
        { left: '[]' },
      ),
    );
    expect(out).toBe(
      '{"match":true}\n{"match":false}\n{"error":"request","message":"\\"left\\" and \\"right\\" must both be ads"}\n',
    );
  });

  test('shows people which clauses fail', async () => {
    const { out } = await run(['match', 'job.ad', 'slot.ad']);
    expect(out).toContain('They do not match.');
    expect(out).toContain('The Requirements of the left ad do not hold: 1 of 2 clauses fail.');
    expect(out).toContain('The Requirements of the right ad hold.');
    expect((await run(['match', 'job.ad'])).err).toContain('matching needs two ads');
    expect((await run(['match', '[]', '[ Requirements = true ]'])).out).toContain('has no Requirements');
  });
});
