import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { PrintedText } from '#testing/piped-terminal.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
beforeAll(async () => {
  line = await GlideinLine.start();
  const text =
    'executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\nqueue 3\n';
  await line.run(['submit', await line.file('job.sub', text)]);
});
afterAll(() => line.stop());

/** A terminal, and whether it is in raw mode. */
function screen() {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
  });
  const out = Object.assign(new PrintedText(), { columns: 70, rows: 20 });
  return { input, out, modes };
}

it('top draws the pool anew, in one piece each time, until q is pressed, and leaves the terminal as it was', async () => {
  const { input, out, modes } = screen();
  const watching = line.run(['top', '--interval', '0.5'], { out, terminal: { input, isTerminal: true } });
  await eventually(() => expect(out.text.match(/3 idle/g)?.length).toBeGreaterThan(1));
  expect(modes).toEqual([true]);
  input.write('xq');
  expect((await watching).code).toBe(0);
  expect(modes).toEqual([true, false]);
  const text = out.text;
  expect(text.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  expect(text.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  // The screen is cleared once: after that, each picture is written over the one before.
  expect(text.split('\u001b[2J')).toHaveLength(2);
  expect(text).toContain('jobs wait, and no group feeds this pool');
  expect(text).toMatch(/alice +\d+\.\d\d +0 +0 +3/);
});

it.each([
  ['Ctrl-C as a key', (input: PassThrough) => void input.write('\u0003')],
  ['an interrupt', (_input: PassThrough, interrupt: AbortController) => interrupt.abort()],
])('top ends and restores the terminal after %s', async (_, end) => {
  const { input, out, modes } = screen();
  const interrupt = new AbortController();
  const options = { out, signal: interrupt.signal, terminal: { input, isTerminal: true } };
  const watching = line.run(['top', '--interval', '3600'], options);
  await eventually(() => expect(out.text).toContain('3 idle'));
  end(input, interrupt);
  await watching;
  expect(modes).toEqual([true, false]);
  expect(out.text.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
});

it('top --once prints the pool for people, and for programs in the format that is asked for', async () => {
  const { out, code } = await line.run(['top', '--once', '--interval', '0.5']);
  expect(code).toBe(0);
  expect(out).toMatch(/^The pool has served for /);
  expect(out).toMatch(/^Rates {3}0 starts\/s, 0 ends\/s/m);
  expect(out).not.toContain('\u001b');
  expect(JSON.parse((await line.run(['top', '--once', '-o', 'json'])).out)).toMatchObject({
    jobs: { Idle: 3 },
  });
  expect((await line.run(['top', '-o', 'yaml'])).out).toMatch(/^jobs:\n {2}Idle: 3\n/m);
});

it.each([
  [['top'], 'the output of `glidein top` is no terminal; write --once to print it once'],
  [
    ['top', '--once', '--interval', 'soon'],
    '--interval: "soon" is not a number of seconds; write one from 0.5',
  ],
  [['top', '--interval', '0'], '--interval: "0" is not a number of seconds'],
  [['top', '--onec'], 'Did you mean --once?'],
])('%j is refused', async (words, message) => {
  const { code, out, err } = await line.run(words);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
});
