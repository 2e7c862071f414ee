import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Job } from '../jobs/job.ts';
import { Defects } from './defects.ts';
import type { Ledger } from './ledger.ts';

it('a job that the pool cannot work with is held, and the line in the log names the job and its trace', async () => {
  const job = { cluster: { id: 7 }, proc: 0, state: 'Idle' } as unknown as Job;
  const lines: string[] = [];
  const recorded: object[] = [];
  const ledger = { record: async (transition: object) => void recorded.push(transition) };
  const defects = new Defects({
    find: () => job,
    ledger: () => ledger as unknown as Ledger,
    clock: new ManualClock(),
    logger: createLogger('pool', {
      level: 'info',
      destination: { write: (line: string) => void lines.push(line) },
    }),
    inBackground: () => {},
    revoke: () => {},
    traceIdOf: () => '0af7651916cd43dd8448eb211c80319c',
  });
  defects.found(job, 'no sense');
  await nextTurn();
  await nextTurn();
  expect(recorded).toMatchObject([{ type: 'hold', job: { cluster: 7, proc: 0 } }]);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'job held', job: '7.0', trace_id: '0af7651916cd43dd8448eb211c80319c' },
  ]);
});
