import { offerOf } from '#match/slot.ts';
import type { Collector } from './collector.ts';

/** Cores of all slots, used or not. */
export function allCores(collector: Pick<Collector, 'all'>): number {
  let total = 0;
  for (const { facts } of collector.all()) total += offerOf(facts.slot).cpus;
  return total;
}
