import { bareBulkRate, bareLifeRate, bareSingleRate } from './bare-store.ts';
import { Graphile } from './graphile.ts';

/** What figures are compared with, measured in the same run on the same machine. */
export interface Baselines {
  readonly bare: number;
  readonly graphile?: number;
  /** graphile-worker with its batching: a crash may then run jobs again that had ended. */
  readonly graphileBatched?: number;
}

interface Measures {
  readonly bare: () => Promise<number>;
  readonly graphile: (graphile: Graphile) => Promise<Omit<Baselines, 'bare'>>;
}

async function measure({ bare, graphile: measureGraphile }: Measures): Promise<Baselines> {
  const figure = { bare: await bare() };
  const graphile = await Graphile.start();
  if (graphile === undefined) return figure;
  try {
    return { ...figure, ...(await measureGraphile(graphile)) };
  } finally {
    await graphile.stop();
  }
}

export const bulkBaselines = (jobs: number, together: number): Promise<Baselines> =>
  measure({
    bare: () => bareBulkRate(jobs, together),
    graphile: async (graphile) => ({ graphile: await graphile.bulkRate(jobs / 2, together) }),
  });

export const singleBaselines = (jobs: number, clients: number): Promise<Baselines> =>
  measure({
    bare: () => bareSingleRate(jobs, clients),
    graphile: async (graphile) => ({ graphile: await graphile.singleRate(jobs / 2, clients) }),
  });

export const lifeBaselines = (lives: number, atOnce: number): Promise<Baselines> =>
  measure({
    bare: () => bareLifeRate(lives, atOnce),
    graphile: async (graphile) => ({
      graphile: await graphile.lifeRate(lives / 4, 'one by one'),
      graphileBatched: await graphile.lifeRate(lives, 'batched'),
    }),
  });
