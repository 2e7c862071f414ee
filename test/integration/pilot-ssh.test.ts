import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';
import { missingRuntime, PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PrintedText } from '#testing/piped-terminal.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const missing = await missingRuntime();

/** How many processes of this machine have these words in their command lines. */
async function processesWith(words: string): Promise<number> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(
    names.map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.startsWith(words.replaceAll(' ', '\0'))).length;
}

/** A terminal that a test types into. */
class TypedTerminal extends Writable {
  readonly input = Object.assign(new Readable({ read: () => {} }), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => {
      this.modes.push(isRaw);
    },
  });
  readonly modes: boolean[] = [];
  rows = 33;
  columns = 101;
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** Of nobody: a pilot that root starts for a test can also run as an ordinary user. */
const ordinary = 65_534;

const isRoot = process.getuid?.() === 0;

const kinds = [
  { kind: 'a fresh container', isWarm: false, account: undefined },
  { kind: 'a warm container', isWarm: true, account: undefined },
  ...(isRoot ? [{ kind: 'a warm container of an ordinary user', isWarm: true, account: ordinary }] : []),
];

let line: GlideinLine;
beforeAll(async () => {
  line = await GlideinLine.start();
});
afterAll(() => line.stop());

for (const { kind, isWarm, account } of kinds)
  describe.skipIf(missing !== undefined)(
    `glidein ssh into a job in ${kind}${missing ? ` (${missing})` : ''}`,
    () => {
      let pilot: PilotProcess;
      let job: string;

      const submit = async () => {
        const text = `executable = /bin/sh
transfer_executable = false
arguments = "-c 'echo work > file; echo up; exec sleep 600'"
environment = "COLOUR=blue"
container_image = hello
request_memory = 64 MB
request_disk = 50 MB
queue
`;
        const { out } = await line.run(['submit', await line.file('job.sub', text)]);
        return `${/cluster (\d+)/.exec(out)?.[1]}.0`;
      };
      const ssh = (words: readonly string[], more: Parameters<GlideinLine['run']>[1] = {}) =>
        line.run(['ssh', ...words], more);

      beforeAll(async () => {
        pilot = await PilotProcess.start({
          url: line.url,
          uid: kind,
          token: await line.token(kind, 'pilot'),
          account,
          spec: {
            lifetimes: { grace: '1s' },
            runtime: { images: { path: [testRuntime.images] }, ...(isWarm && { warm: {} }) },
          },
        });
        job = await submit();
      });
      afterAll(async () => {
        await pilot.destroy();
      });

      it("waits for the job, and runs a command with the job's files, environment, user and limits", async () => {
        const script =
          'cat file; pwd; echo $COLOUR $HOME; id -u; ulimit -c; tty; tr "\\0" "\\n" </proc/1/environ | wc -l';
        const answer = await ssh(['--wait', job, script]);
        expect(answer).toMatchObject({ code: 0 });
        const [file, directory, variables, user, core, tty] = answer.out.split('\n');
        expect([file, directory, variables, core, tty]).toEqual([
          'work',
          '/srv',
          'blue /srv',
          '0',
          'not a tty',
        ]);
        expect(user).toBe(String(account ?? process.getuid?.()));
      });

      it('passes bytes and exit codes through unchanged', async () => {
        const bytes = randomBytes(400_000);
        const chunks: Buffer[] = [];
        const out = new Writable({
          write: (chunk: Buffer, _encoding, done) => {
            chunks.push(Buffer.from(chunk));
            setTimeout(done, 1);
          },
        });
        const input = Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]);
        const { code, err } = await ssh([job, 'cat; echo done >&2; exit 7'], {
          terminal: { input: Object.assign(input, { isTTY: false }), out },
        });
        expect([code, err]).toEqual([7, 'done\n']);
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
        expect((await ssh([job, 'kill -9 $$'])).code).toBe(137);
        expect((await ssh([job, '--', 'exit', '3'])).code).toBe(3);
      });

      it('opens a shell in a terminal, with its size, Ctrl-C and exit code', async () => {
        const typed = new TypedTerminal();
        const err = new PrintedText();
        const run = ssh([job], { terminal: { input: typed.input, out: typed, err, isTerminal: true } });
        const type = (keys: string) => typed.input.push(keys);
        await expect.poll(() => err.text).toContain(`the container of job ${job}`);
        type('tty; stty size; echo $TERM.\r');
        await expect.poll(() => typed.text).toMatch(/\/dev\/pts\/\d+\r\n33 101\r\ndumb\.\r\n/);
        [typed.rows, typed.columns] = [20, 40];
        typed.emit('resize');
        type('stty size\r');
        await expect.poll(() => typed.text).toContain('\r\n20 40\r\n');
        type('sleep 98761\r');
        await expect.poll(() => processesWith('sleep 98761')).toBe(1);
        type('\x03');
        await expect.poll(() => processesWith('sleep 98761')).toBe(0);
        type('exit 3\r');
        expect((await run).code).toBe(3);
        expect(typed.modes).toEqual([true, false]);
      });

      it('leaves nothing behind, whether the command ends or the user leaves', async () => {
        const leave = '(setsid sh -c "trap : HUP; sleep 98762; sleep 98762" &); sleep 98762 & ';
        expect((await ssh([job, `${leave} exit 0`])).code).toBe(0);
        expect(await processesWith('sleep 98762')).toBe(0);
        const interrupt = new AbortController();
        const run = ssh([job, `${leave} wait`], { signal: interrupt.signal });
        await expect.poll(() => processesWith('sleep 98762')).toBe(2);
        interrupt.abort();
        expect((await run).code).toBe(130);
        await expect.poll(() => processesWith('sleep 98762')).toBe(0);
      });

      it('ends with the job, and says so', async () => {
        const run = ssh([job, 'sleep 98763']);
        await expect.poll(() => processesWith('sleep 98763')).toBe(1);
        await line.run(['rm', job]);
        expect(await run).toMatchObject({ code: 5, err: expect.stringContaining('the job has ended') });
        await expect.poll(() => processesWith('sleep 98763')).toBe(0);
        await expect
          .poll(() => ssh([job]))
          .toMatchObject({ code: 5, err: `glidein: job ${job} was removed\n` });
      });

      // Warm or not, it is counted in the same way.
      if (isWarm) return;
      it('counts as the job: who takes more memory than the job asked for has it held', async () => {
        const next = await submit();
        const run = ssh(['--wait', next, 'head -c 300000000 /dev/zero | tail -c 290000000 | wc -c']);
        expect((await run).code).not.toBe(0);
        const reason = async () => (await line.run(['q', next, '--af', 'HoldReason'])).out;
        await expect.poll(reason).toContain('memory');
        expect((await ssh([next])).err).toContain(`job ${next} is held and does not run`);
      });
    },
  );
