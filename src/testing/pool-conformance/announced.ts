import type { AnnouncedPilot, Bid } from '#backend/pool.ts';
import { slotAd } from '../ads.ts';

const group = {
  name: 'g',
  template: slotAd(),
  wanted: 1,
  decision: 'One is enough',
  limits: [{ name: 'maxPilots', value: 5, count: 1 }],
  phases: { Idle: 1 },
};

let questions = 0;
export const question = (more: Partial<Bid> = {}): Bid => {
  questions += 1;
  return { groups: [group], reads: [], ask: `question-${questions}`, waitSeconds: 0, ...more };
};

export const announced = (uid: string, registered = false): AnnouncedPilot => ({
  uid,
  name: `pilot-${uid}`,
  group: 'g',
  registered,
});
/** The whole of what a site announces, in a new series. */
export const series = (session: string, ...pilots: AnnouncedPilot[]) => ({
  session,
  complete: true,
  pilots,
  ended: [],
});
/** What has changed since. */
export const news = (session: string, pilots: AnnouncedPilot[], ...ended: string[]) => ({
  session,
  complete: false,
  pilots,
  ended,
});
