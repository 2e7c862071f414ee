import { setTimeout as sleep } from 'node:timers/promises';
import { CentralManager } from '../../differential/condor/central-manager.ts';
import type { CycleSizes } from './cycle-slots.ts';
import { condorSlots, condorSubmit } from './cycle-slots.ts';

const patience = 240_000;

export interface Cycle {
  /** Milliseconds by the clock. */
  readonly wall: number;
  readonly matches: number;
}

/**
 * One cycle of HTCondor's negotiator, from its "Started Negotiation Cycle" to its "Finished". The slots are ads that say that they
 * do not want to be claimed: so nothing but the negotiator's own work is measured, with what it hears from the collector and the
 * schedd, and no claim.
 */
export async function condorCycle(root: string, sizes: CycleSizes): Promise<Cycle> {
  await using manager = await CentralManager.start({
    root,
    users: ['alice'],
    // No cycle begins by itself, and the one that is measured is not given up.
    more: 'NEGOTIATOR_INTERVAL = 36000\nNEGOTIATOR_MAX_TIME_PER_PIESPIN = 1200\nNEGOTIATOR_MAX_TIME_PER_SCHEDD = 1200\nNEGOTIATOR_MAX_TIME_PER_SUBMITTER = 1200\n',
  });
  await manager.advertise(condorSlots(sizes));
  const before = cyclesIn(await manager.log('NegotiatorLog')).length;
  await manager.submit('alice', condorSubmit(sizes));
  const until = performance.now() + patience;
  for (;;) {
    const cycle = cyclesIn(await manager.log('NegotiatorLog'))[before];
    if (cycle !== undefined) {
      const matches = (await manager.log('MatchLog')).match(/ Matched /g)?.length ?? 0;
      return { wall: cycle, matches };
    }
    if (performance.now() > until) throw new Error('HTCondor has not finished its cycle');
    await sleep(500);
  }
}

/** The milliseconds of each finished cycle in a log whose lines begin with a time such as `11/29/26 16:07:57.251`. */
function cyclesIn(log: string): number[] {
  const times = [...log.matchAll(/^(\S+ \S+) -+ (Started|Finished) Negotiation Cycle/gm)];
  const cycles: number[] = [];
  let began = 0;
  for (const [, time = '', what] of times) {
    const at = Date.parse(`${time} UTC`);
    if (what === 'Started') began = at;
    else cycles.push(at - began);
  }
  return cycles;
}
