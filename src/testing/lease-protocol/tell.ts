import fc from 'fast-check';
import type { Mutation } from './mutation.ts';
import type { Scenario } from './scenario.ts';
import { type Story, stories } from './stories.ts';
import { live } from './world.ts';

export interface Telling {
  /** How many scenarios of the story happen, at most. */
  readonly runs: number;
  readonly seed: number;
  readonly mutation?: Mutation;
  /** Whether to look for a smaller scenario that breaks the same; that takes a while. */
  readonly shrinks?: boolean;
}

export interface Told {
  /** How many payloads ran. */
  readonly executions: number;
  /** Undefined if every promise was kept. */
  readonly broken: { readonly scenario: Scenario; readonly violations: readonly string[] } | undefined;
}

/** Lets scenarios of a story happen until one breaks a promise. */
export async function tell(story: Story, { runs, seed, mutation, shrinks = false }: Telling): Promise<Told> {
  let executions = 0;
  const keepsPromises = fc.asyncProperty(stories[story] as fc.Arbitrary<Scenario>, async (scenario) => {
    const verdict = await live(scenario, mutation);
    executions += verdict.executions;
    return verdict.violations.length === 0;
  });
  const { failed, counterexample } = await fc.check(keepsPromises, {
    numRuns: runs,
    seed,
    endOnFailure: !shrinks,
  });
  const [scenario] = counterexample ?? [];
  if (!failed || scenario === undefined) return { executions, broken: undefined };
  const { violations } = await live(scenario, mutation);
  return { executions, broken: { scenario, violations } };
}
