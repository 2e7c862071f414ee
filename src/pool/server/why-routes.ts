import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { jobId } from '#wire/jobs.ts';
import { slotWhyAnswer, whyAnswer } from '#wire/why.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { JobSources } from '../queue/history.ts';
import { Slices } from '../why/slices.ts';
import { type WhyOptions, why } from '../why/why.ts';
import { type SlotOptions, whySlot } from '../why/why-slot.ts';
import { namedJob } from './named-job.ts';
import type { Routes } from './route.ts';
import type { Turns } from './turns.ts';

/** The parts of the pool that these routes need. */
export type WhyPool = WhyOptions & SlotOptions & JobSources;

/** The roles that may see everybody's jobs; a pilot sees only what it runs. */
const readers = ['submitter', 'operator'] as const;

const jobParams = z.object({ job: jobId });
const slotParams = z.object({ slot: z.string().min(1).max(512) });

/** Routes that tell why a job does not run, and why a slot runs no more jobs. */
export function whyRoutes(app: Routes, pool: WhyPool, turns: Turns): void {
  /** Each answer begins in its turn, since it may be the hundredth of the same user. */
  const slicesOf = async (user: string): Promise<Slices> => {
    await turns.next(user);
    return new Slices({ turn: (spent) => turns.next(user, spent) });
  };

  const ofJob = {
    schema: { params: jobParams },
    config: {
      door: {
        summary: 'Why a job is in its state, and what would match it',
        roles: readers,
        scope: 'compute.read' as const,
        answer: whyAnswer,
        errors: ['NotFound'] as const,
      },
    },
  };
  app.get('/v1/jobs/:job/why', ofJob, async (request) => {
    const job = await namedJob(pool, request.params.job);
    return why(pool, job, await slicesOf(request.identity.subject));
  });

  const ofSlot = {
    schema: { params: slotParams },
    config: {
      door: {
        summary: 'Why a slot runs no more jobs than it does',
        roles: readers,
        scope: 'compute.read' as const,
        answer: slotWhyAnswer,
        errors: ['NotFound'] as const,
      },
    },
  };
  app.get('/v1/slots/:slot/why', ofSlot, async (request) => {
    const pilot = namedPilot(pool.collector, request.params.slot);
    return whySlot(pool, pilot, await slicesOf(request.identity.subject));
  });
}

/**
 * The pilot with the slot that `name` names: `slot1@PILOT`, a dynamic slot of it, the pilot itself, or its uid.
 * @throws GlideinError NotFound
 */
function namedPilot(collector: Collector, name: string): Pilot {
  const pilotName = name.replace(/^slot1(_\d+)?@/, '');
  const byUid = collector.get(pilotName);
  if (byUid !== undefined) return byUid;
  for (const pilot of collector.all()) if (pilot.facts.name === pilotName) return pilot;
  throw new GlideinError('NotFound', `there is no slot ${name}`, { cure: '`glidein status` lists them' });
}
