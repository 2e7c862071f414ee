import { glideinGroup } from './glidein-group.ts';
import { glideinPool } from './glidein-pool.ts';
import { imageSet } from './image-set.ts';
import { pressurePolicy } from './pressure-policy.ts';

/** A column of `kubectl get`; those with a priority above 0 are for `-o wide`. */
export interface Column {
  readonly name: string;
  readonly type: 'integer' | 'string' | 'date';
  readonly jsonPath: string;
  readonly priority?: number;
}

const ready: Column = {
  name: 'Ready',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
};
/** Shows the reason, which is one word: a message would push everything else off the screen. */
const reason = (condition: string): Column => ({
  name: 'Reason',
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${condition}")].reason`,
});
const decision: Column = { name: 'Decision', type: 'string', jsonPath: '.status.decision', priority: 1 };
const age: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const number = (name: string, jsonPath: string): Column => ({ name, type: 'integer', jsonPath });

/** The kinds of this API, with what their definitions need besides the schema. */
export const kinds = {
  GlideinPool: {
    kind: 'GlideinPool',
    plural: 'glideinpools',
    shortNames: ['gpool'],
    sentence: 'Where jobs wait and slots register.',
    schema: glideinPool,
    scale: false,
    columns: [
      { name: 'Type', type: 'string', jsonPath: '.spec.type' },
      ready,
      number('Waiting', '.status.jobs.idle'),
      number('Running', '.status.jobs.running'),
      number('Slots', '.status.slots.total'),
      number('Claimed', '.status.slots.claimed'),
      number('Free', '.status.slots.idle'),
      reason('Ready'),
      { name: 'Answered', type: 'date', jsonPath: '.status.lastAnswer' },
      { name: 'Address', type: 'string', jsonPath: '.status.address', priority: 1 },
      age,
    ],
  },
  GlideinGroup: {
    kind: 'GlideinGroup',
    plural: 'glideingroups',
    shortNames: ['gg'],
    sentence: 'One kind of pilot: what it offers, where its pods may run, how many there may be.',
    schema: glideinGroup,
    scale: true,
    columns: [
      ready,
      number('Demand', '.status.demand'),
      number('Wanted', '.status.wanted'),
      number('Running', '.status.running'),
      number('Idle', '.status.pilots.idle'),
      number('Busy', '.status.pilots.busy'),
      number('Draining', '.status.pilots.draining'),
      reason('Progressing'),
      { ...number('Ended', '.status.pilots.gone'), priority: 1 },
      { ...number('Failed', '.status.pilots.failed'), priority: 1 },
      decision,
      { name: 'Pool', type: 'string', jsonPath: '.spec.poolRef.name', priority: 1 },
      age,
    ],
  },
  PressurePolicy: {
    kind: 'PressurePolicy',
    plural: 'pressurepolicies',
    shortNames: ['pp'],
    sentence: 'How the waiting jobs determine the number of pilots of each group.',
    schema: pressurePolicy,
    scale: false,
    columns: [
      ready,
      number('Groups', '.status.groups'),
      number('Jobs', '.status.jobs'),
      number('Wanted', '.status.wanted'),
      reason('Ready'),
      decision,
      age,
    ],
  },
  ImageSet: {
    kind: 'ImageSet',
    plural: 'imagesets',
    shortNames: ['gis'],
    sentence: 'Images of registries that are published for pilots, as expanded directories.',
    schema: imageSet,
    scale: false,
    columns: [
      ready,
      number('Tags', '.status.counts.tags'),
      number('Live', '.status.counts.published'),
      number('Pending', '.status.counts.pending'),
      number('Failed', '.status.counts.failed'),
      reason('ImagesLive'),
      { name: 'Answered', type: 'date', jsonPath: '.status.lastAnswer' },
      { name: 'Claim', type: 'string', jsonPath: '.spec.directory.claimName', priority: 1 },
      { name: 'Path', type: 'string', jsonPath: '.spec.directory.path', priority: 1 },
      age,
    ],
  },
} as const satisfies Record<string, Omit<Kind, 'schema'> & { schema: unknown }>;

export type KindName = keyof typeof kinds;

/** What a CustomResourceDefinition is made from. */
export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  /** What the kind is, in one sentence. */
  readonly sentence: string;
  readonly schema: (typeof kinds)[KindName]['schema'];
  /** Whether it has the /scale subresource. */
  readonly scale: boolean;
  readonly columns: readonly Column[];
}
