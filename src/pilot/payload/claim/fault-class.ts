import { holdCodes } from '#base/hold-codes.ts';

/**
 * Why a payload did not start, and what follows from it.
 *
 * | class         | what is wrong                                          | its job        | its pilot                   |
 * |---------------|--------------------------------------------------------|----------------|-----------------------------|
 * | user          | the job's own command, environment or files            | is held        | goes on                     |
 * | image         | the image, or its name                                 | is held        | goes on                     |
 * | source        | this pilot cannot get or mount the image, others may   | runs elsewhere | goes on                     |
 * | node          | the node: its disk, its mounts, its rights, its devices| runs elsewhere | drains after three in a row |
 * | configuration | what the group says of its pilots                      | runs elsewhere | drains at once              |
 *
 * A job runs elsewhere only so often: when several pilots have failed to start it, the pool holds it.
 */
export type FaultClass = 'user' | 'image' | 'source' | 'node' | 'configuration';

/** What the pool is told of each class: who is to blame, and HTCondor's code if the job is held. */
export const consequences: Readonly<
  Record<FaultClass, { readonly blame: 'job' | 'pilot'; readonly holdCode: number }>
> = {
  user: { blame: 'job', holdCode: holdCodes.failedToCreateProcess },
  image: { blame: 'job', holdCode: holdCodes.invalidImage },
  source: { blame: 'pilot', holdCode: holdCodes.invalidImage },
  node: { blame: 'pilot', holdCode: holdCodes.failedToCreateProcess },
  configuration: { blame: 'pilot', holdCode: holdCodes.failedToCreateProcess },
};
