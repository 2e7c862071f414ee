import type { PoolDemand } from '#backend/pool.ts';

/** What a pool said last, or since when it says nothing that can be trusted. */
export type Heard =
  | {
      readonly known: true;
      readonly last: PoolDemand;
      /** Milliseconds for which the pool has been answering without a pause. */
      readonly answersFor: number;
    }
  | {
      readonly known: false;
      readonly reason: string;
      readonly forSeconds: number;
      /** The last answer that could be trusted, if there ever was one. */
      readonly last: PoolDemand | undefined;
    };
