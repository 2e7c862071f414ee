import { expect, test } from 'vitest';
import { poolCounts } from './pool-counts.ts';

const metrics = `# HELP glidein_pool_jobs Jobs in memory by state.
# TYPE glidein_pool_jobs gauge
glidein_pool_jobs{state="Idle"} 1000000
glidein_pool_jobs{state="Running"} 12
glidein_pool_jobs{state="Removed"} 9
glidein_pool_jobs{state="Completed"} 3
glidein_pool_jobs{state="Held"} 1
glidein_pool_slots{state="Claimed"} 12
glidein_pool_slots{state="Unclaimed"} 2
glidein_pool_slots{state="Draining"} 0
`;

test('the counts of a pool are read by the state of its jobs and slots', () => {
  expect(poolCounts(metrics)).toEqual({
    jobs: { idle: 1_000_000, running: 12, held: 1, completed: 3 },
    slots: { total: 14, idle: 2, claimed: 12, draining: 0 },
  });
});

test('the room that a pool has is read where the pool tells it', () => {
  const volume = `glidein_pool_volume_free_bytes 1.2e+06
glidein_pool_volume_state{state="Serving"} 0
glidein_pool_volume_state{state="NoSpace"} 1
`;
  expect(poolCounts(metrics + volume)).toMatchObject({ state: 'NoSpace', freeBytes: 1_200_000 });
  expect(poolCounts(metrics).state).toBeUndefined();
});

test('a count that a pool does not tell is an error, and no number is made up', () => {
  expect(() => poolCounts(metrics.replace('glidein_pool_jobs{state="Held"} 1\n', ''))).toThrow(
    'no glidein_pool_jobs of the state Held',
  );
});
