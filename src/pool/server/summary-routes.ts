import { summaryAnswer } from '#wire/summary.ts';
import type { Door, Routes } from './route.ts';
import { Summaries, type SummarizedPool } from './summary.ts';
import type { Turns } from './turns.ts';

const door: Door = {
  summary: 'What the pool does: jobs, pilots, cores, groups and submitters in numbers',
  roles: ['submitter', 'operator'],
  answer: summaryAnswer,
};

/** Whose turns a summary takes: it is for all who ask, so what else one of them asks for must not delay it. */
const everybody = 'summary';

/** The route behind `glidein top`, cheap enough to be asked every second by many. */
export function summaryRoutes(app: Routes, pool: SummarizedPool, turns: Turns): void {
  const summaries = new Summaries(pool);
  app.get('/v1/summary', { config: { door } }, () => summaries.answer(() => turns.next(everybody)));
}
