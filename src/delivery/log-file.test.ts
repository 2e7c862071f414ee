import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LogEvent, logEvents } from './log-event.ts';
import { LogFile } from './log-file.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-log-'));
  path = join(directory, 'job.log');
});
afterEach(() => rm(directory, { recursive: true }));

const log = (): Promise<string> => readFile(path, 'utf8');

/** Events of the release of a job, chosen because they are short. */
function released(proc: number, second: number): LogEvent[] {
  const job = { id: `7.${proc}`, host: 'h', notes: [], requests: { cpus: 1, memory: 1, disk: 1, gpus: 0 } };
  const at = 1_800_000_000_000 + 1000 * second;
  return logEvents({ seq: 1, job: job.id, at, what: { kind: 'released', reason: 'for a test' } }, job);
}

const textOf = (events: readonly LogEvent[]): string => events.map(({ text }) => text).join('');

it('an event that is in the log is not written again, whoever wrote it', async () => {
  const events = [...released(0, 1), ...released(1, 1)];
  await new LogFile(path).bringUpToDate(events.slice(0, 1));
  await new LogFile(path).bringUpToDate(events);
  await new LogFile(path).bringUpToDate(events);
  expect(await log()).toBe(textOf(events));
});

it('equal events in the same second are written as often as they happened', async () => {
  const events = [...released(0, 1), ...released(0, 1)];
  await new LogFile(path).bringUpToDate(events);
  await new LogFile(path).bringUpToDate(events);
  expect(await log()).toBe(textOf(events));
});

it('an incomplete event at the end of a log is replaced by the complete one', async () => {
  const events = [...released(0, 1), ...released(1, 2)];
  const whole = textOf(events);
  for (const length of [3, 40, whole.length - 10, whole.length - 1]) {
    await writeFile(path, whole.slice(0, length));
    await new LogFile(path).bringUpToDate(events);
    expect(await log()).toBe(whole);
  }
});

it('events of other writers stay in the log and are not confused with ours', async () => {
  const file = new LogFile(path);
  await file.bringUpToDate(released(0, 1));
  const other = textOf(released(5, 1));
  await writeFile(path, (await log()) + other);
  await file.bringUpToDate(released(1, 2));
  expect(await log()).toBe(textOf(released(0, 1)) + other + textOf(released(1, 2)));
});

it('a file that is not an event log is left alone', async () => {
  await writeFile(path, 'my notes\n');
  await expect(new LogFile(path).bringUpToDate(released(0, 1))).rejects.toThrow('is not an event log');
  expect(await log()).toBe('my notes\n');
});

it('a reason with line ends and dots neither ends its log event nor begins another', () => {
  const job = { id: '7.0', host: 'h', notes: [], requests: { cpus: 1, memory: 1, disk: 1, gpus: 0 } };
  const reason = 'a\n...\n005 (007.000.000) 2026-01-01 00:00:00 Job terminated.\n...';
  const [event] = logEvents({ seq: 1, job: '7.0', at: 0, what: { kind: 'released', reason } }, job);
  expect(event?.text.match(/^\.\.\.$/gm)).toHaveLength(1);
  expect(event?.text.split('\n')).toHaveLength(4);
});
