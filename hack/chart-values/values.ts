import * as z from 'zod';
import type { KindName } from '#api/kinds.ts';

/*
 * What the values of the chart `glidein` may be. What they mean, and their defaults, are in its values.yaml: both together make
 * values.schema.json and the table in its README. A file of values may leave any of them out, because values.yaml has it.
 */

const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).partial();

const texts = z.record(z.string(), z.string());
const anything = z.looseObject({});
const objects = z.array(anything);
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const name = z.string().regex(label);
/** A name, or nothing. */
const optionalName = z.string().regex(/^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$/);
/** A name in which dots are allowed, too. */
const dottedName = z.string().regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/);
const names = z.array(name).meta({ uniqueItems: true });
const goDuration = z.string().regex(/^([0-9]+(h|m|s))+$/);
const interval = z.string().regex(/^[0-9]+(ms|s|m|h)$/);

/** Marks where the schema of a kind's spec belongs. */
export const specOf = 'x-spec-of';

/** Resources of a kind, whose specs have the schema of that kind. */
const resources = (kind: KindName, longest: number, first = 'a-z0-9') =>
  z.array(
    z.strictObject({
      name: z.string().regex(new RegExp(`^[${first}]([-a-z0-9]{0,${longest - 2}}[a-z0-9])?$`)),
      namespace: name.optional(),
      labels: texts.optional(),
      annotations: texts.optional(),
      spec: z.unknown().meta({ [specOf]: kind }),
    }),
  );

const priorityClass = group({
  create: z.boolean(),
  name: dottedName,
  value: z.int().min(-2_147_483_648).max(1_000_000_000),
});

const monitor = group({ enabled: z.boolean(), labels: texts, interval });

export const chartValues = group({
  global: anything.describe('Set by parent charts.'),
  image: group({
    repository: z.string().min(1),
    tag: z.string(),
    digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  }),
  imagePullSecrets: objects,
  nameOverride: optionalName,
  // The Service of metrics has it, which begins with a letter.
  fullnameOverride: z.string().regex(/^([a-z]([-a-z0-9]{0,50}[a-z0-9])?)?$/),
  site: name,
  watchNamespaces: names,
  namespaces: z.array(
    z.strictObject({
      name,
      podSecurity: z.enum(['privileged', 'baseline', 'restricted']).optional(),
      labels: texts.optional(),
      annotations: texts.optional(),
    }),
  ),
  // The names of a pool's pod and of its Secrets are longer than its own, and that of a Service begins with a letter.
  pools: resources('GlideinPool', 47, 'a-z'),
  groups: resources('GlideinGroup', 63),
  policies: resources('PressurePolicy', 63),
  imageSets: resources('ImageSet', 63),
  certManager: group({
    enabled: z.boolean(),
    issuerRef: group({
      name: z.string().regex(/^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?)?$/),
      kind: z.string().min(1),
      group: z.string().min(1),
    }),
    duration: goDuration,
    renewBefore: goDuration,
  }),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  tracing: group({
    endpoint: z.string().regex(/^(https?:\/\/.+)?$/),
    sampler: z.enum([
      '',
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ]),
    samplerArg: z.string(),
  }),
  pilotSeccompProfile: z.string(),
  seccompProfile: group({
    install: z.boolean(),
    namespace: optionalName,
    directory: z.string().regex(/^\//),
    nodeSelector: texts,
    tolerations: objects,
  }),
  replicas: z.int().min(0).max(5),
  serviceAccount: group({ create: z.boolean(), name: optionalName, annotations: texts }),
  rbac: group({ create: z.boolean(), submitAs: z.array(name).min(1), aggregate: z.boolean() }),
  admissionPolicy: group({ enabled: z.boolean() }),
  resources: anything,
  podAnnotations: texts,
  podLabels: texts,
  podSecurityContext: anything,
  securityContext: anything,
  nodeSelector: texts,
  tolerations: objects,
  affinity: anything,
  topologySpreadConstraints: objects,
  priorityClassName: z.string(),
  terminationGracePeriodSeconds: z.int().min(1),
  podDisruptionBudget: group({
    enabled: z.boolean(),
    maxUnavailable: z.union([z.int().min(0), z.string().regex(/^[0-9]+%$/)]),
  }),
  priorityClasses: group({ operator: priorityClass, pilots: priorityClass }),
  metrics: group({
    access: z.enum(['Token', 'Open']),
    existingSecret: z.string().regex(/^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?)?$/),
    service: group({ enabled: z.boolean(), port: z.int().min(1).max(65_535), annotations: texts }),
    serviceMonitor: monitor,
    prometheusRule: group({ enabled: z.boolean(), labels: texts }),
    dashboards: group({
      enabled: z.boolean(),
      namespace: optionalName,
      labels: texts,
      annotations: texts,
    }),
    poolMonitor: monitor,
    publisherMonitor: monitor,
  }),
  networkPolicy: group({
    enabled: z.boolean(),
    egress: objects,
    metricsFrom: objects,
    pools: group({ enabled: z.boolean(), namespaces: names, clientsFrom: objects, egress: objects }),
    pilots: group({ enabled: z.boolean(), namespaces: names, egress: objects }),
    publishers: group({ enabled: z.boolean(), namespaces: names, egress: objects }),
  }),
  tests: group({
    pool: optionalName,
    namespace: optionalName,
    serviceAccount: name,
    containerImage: z.string().min(1),
    submit: z.string(),
    timeoutSeconds: z.int().min(10).max(3600),
  }),
  extraObjects: z.array(z.union([anything, z.string()])),
});

/** Values that there were once: empty ones are accepted, and others are refused by the templates with what to write instead. */
export const formerValues = ['watchNamespace', 'pool'] as const;

export const definitionsValues = group({
  global: anything.describe('Set by parent charts.'),
  keep: z.boolean(),
});
