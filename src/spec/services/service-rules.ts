import type { Rule } from '../rule.ts';
import type { Probe } from './probe.ts';
import { templatesIn } from './templates.ts';

/** What a rule reads of a probe. */
type RuledProbe = Pick<Probe, 'http' | 'tcp' | 'exec'> | undefined;

/** What a rule reads of a service. */
interface Ruled {
  readonly phase: string;
  readonly instances: string;
  readonly ports: readonly { readonly name: string }[];
  readonly readiness?: RuledProbe;
  readonly liveness?: RuledProbe;
  readonly results: readonly unknown[];
  readonly cacheFor?: string | undefined;
  readonly resources: { readonly gpus: number };
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly discovery: { readonly env: Readonly<Record<string, string>> };
}

const probes = ['readiness', 'liveness'] as const;

/** Whether each probe asks a port that the service has. */
const asksOwnPorts = (value: Ruled): boolean =>
  probes
    .flatMap((probe) => [value[probe]?.http?.port, value[probe]?.tcp?.port])
    .every((port) => port === undefined || value.ports.some(({ name }) => name === port));

const portsExist = probes.flatMap((probe) =>
  ['http', 'tcp'].map((way) => {
    const field = `self.${probe}`;
    return `!has(${field}) || !has(${field}.${way}) || self.ports.exists(port, port.name == ${field}.${way}.port)`;
  }),
);

/** What cannot be said by the field alone. */
export const serviceRules: ReadonlyArray<Rule<Ruled>> = [
  {
    cel: portsExist.map((each) => `(${each})`).join(' && '),
    message: 'a probe asks a port that the service does not have',
    cure: 'write the name of one of its ports',
    holds: asksOwnPorts,
  },
  {
    cel: "self.phase == 'WithPayloads' || (!has(self.readiness) && !has(self.liveness))",
    message: 'only a service that stays beside payloads is probed',
    cure: 'write phase: WithPayloads, or leave readiness and liveness out',
    holds: ({ phase, readiness, liveness }) =>
      phase === 'WithPayloads' || (readiness === undefined && liveness === undefined),
  },
  {
    cel: "self.phase != 'WithPayloads' || self.results.size() == 0",
    path: ['results'],
    message: 'only a service that runs to its end has results',
    cure: 'write phase: BeforePayloads or Periodic',
    holds: ({ phase, results }) => phase !== 'WithPayloads' || results.length === 0,
  },
  {
    cel: "!has(self.cacheFor) || (self.phase == 'BeforePayloads' && self.results.size() > 0)",
    path: ['cacheFor'],
    message: 'there is nothing to cache',
    cure: 'write phase: BeforePayloads and results, or leave cacheFor out',
    holds: ({ cacheFor, phase, results }) =>
      cacheFor === undefined || (phase === 'BeforePayloads' && results.length > 0),
  },
  {
    cel: "self.instances == 'PerPilot' || (self.resources.gpus == 0 && self.phase == 'WithPayloads')",
    path: ['instances'],
    message: 'a service for each GPU shares it with jobs',
    cure: 'write phase: WithPayloads and no resources.gpus, or instances: PerPilot',
    holds: ({ instances, resources, phase }) =>
      instances === 'PerPilot' || (resources.gpus === 0 && phase === 'WithPayloads'),
  },
];

/** Templates that stand for nothing. Only this program finds them: in CEL, a search of all words would cost too much. */
export function unknownTemplates(value: Ruled): string[] {
  const known = new Set(['name', 'instance', ...value.ports.map(({ name }) => `port.${name}`)]);
  const texts = [
    ...value.command,
    ...value.args,
    ...Object.values(value.env),
    ...Object.values(value.discovery.env),
    ...probes.flatMap((probe) => [value[probe]?.http?.path ?? '', ...(value[probe]?.exec?.command ?? [])]),
  ];
  return [...new Set(texts.flatMap(templatesIn).filter((name) => !known.has(name)))];
}
