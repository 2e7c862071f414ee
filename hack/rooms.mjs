/**
 * The rooms of `src/` from the bottom up, and what each may import. The dependency check
 * (`.dependency-cruiser.mjs`), its proof (`test/integration/walls.test.ts`) and the picture in
 * `docs/architecture.md` read this one table.
 *
 * A room may always import itself and the npm packages in `dependencies`. Where it names its `folders`, from the bottom
 * up, each of them imports itself and those that stand beside it; what lies in the room outside of them composes them,
 * and none imports that. A folder inside a folder has a row of its own.
 *
 * @type {Record<string, { may: readonly string[], pure?: boolean, folders?: Record<string, readonly string[]> }>}
 */
export const rooms = {
  base: { may: [] },
  classad: { may: ['base'], pure: true },
  match: { may: ['base', 'classad'], pure: true },
  telemetry: { may: ['base'] },
  config: { may: ['base'] },
  spec: { may: ['base'] },
  api: { may: ['base', 'spec'] },
  wire: { may: ['base', 'classad'] },
  client: { may: ['base', 'wire', 'telemetry'] },
  delivery: { may: ['base', 'classad', 'wire', 'client'] },
  submit: {
    may: ['base', 'classad'],
    pure: true,
    folders: { language: [], attributes: ['language'], queue: ['language', 'attributes'] },
  },
  pressure: { may: ['base', 'classad', 'match', 'spec', 'api'], pure: true },
  fleet: { may: ['base', 'classad', 'api', 'pressure'], pure: true },
  pool: {
    may: ['base', 'classad', 'match', 'wire', 'spec', 'submit', 'telemetry'],
    folders: {
      store: [],
      spool: ['store'],
      auth: ['store'],
      audit: ['store', 'auth'],
      jobs: ['store'],
      intake: ['jobs'],
      policy: ['jobs'],
      accounting: ['store', 'jobs'],
      queue: ['store', 'spool', 'auth', 'audit', 'jobs', 'intake', 'policy'],
      tracing: ['jobs', 'queue'],
      collector: [],
      negotiator: ['store', 'jobs', 'policy', 'accounting', 'queue', 'collector'],
      registry: ['auth', 'jobs', 'accounting', 'queue', 'collector', 'negotiator'],
      why: ['jobs', 'accounting', 'queue', 'collector', 'negotiator', 'registry'],
      metrics: ['spool', 'jobs', 'accounting', 'queue', 'collector', 'negotiator', 'registry'],
      server: [
        'store',
        'spool',
        'auth',
        'audit',
        'jobs',
        'intake',
        'accounting',
        'queue',
        'collector',
        'negotiator',
        'registry',
        'why',
        'metrics',
      ],
    },
  },
  backend: { may: ['base', 'classad', 'wire', 'client', 'telemetry'] },
  pilot: {
    may: ['base', 'classad', 'wire', 'client', 'spec', 'images', 'telemetry'],
    folders: {
      runtime: [],
      slots: ['runtime'],
      transfer: ['runtime'],
      probe: ['runtime', 'slots', 'transfer'],
      images: ['transfer'],
      'payload/claim': ['runtime'],
      'payload/start': ['runtime', 'transfer', 'images', 'payload/claim'],
      'payload/watch': ['runtime'],
      'payload/end': ['runtime', 'transfer', 'payload/claim', 'payload/start'],
      warm: ['runtime'],
      session: ['runtime'],
      payload: [
        'runtime',
        'transfer',
        'warm',
        'session',
        'images',
        'payload/claim',
        'payload/start',
        'payload/watch',
        'payload/end',
      ],
      validation: ['runtime', 'payload/claim', 'payload/start'],
      services: ['runtime', 'slots', 'payload/claim', 'payload/start', 'payload/watch'],
      lifetime: [],
    },
  },
  images: {
    may: ['base', 'spec', 'telemetry'],
    folders: {
      registry: [],
      unpack: [],
      tree: ['registry', 'unpack'],
      target: ['tree'],
      publish: ['registry', 'unpack', 'tree', 'target'],
      set: ['registry', 'unpack', 'tree', 'target', 'publish'],
    },
  },
  kube: { may: ['base', 'telemetry'] },
  controller: { may: ['base', 'kube', 'telemetry'] },
  groups: {
    may: [
      'base',
      'classad',
      'api',
      'spec',
      'pressure',
      'fleet',
      'backend',
      'kube',
      'controller',
      'telemetry',
    ],
    folders: {
      status: [],
      cluster: ['status'],
      pods: ['status', 'cluster'],
      isolation: ['status', 'cluster', 'pods'],
      demand: ['cluster', 'pods'],
      pilots: ['status', 'cluster', 'pods', 'isolation', 'demand'],
      policy: ['status', 'cluster', 'demand', 'pilots'],
      group: ['status', 'cluster', 'pods', 'isolation', 'demand', 'pilots', 'policy'],
      pool: ['status', 'cluster', 'pods', 'demand'],
      images: ['status', 'cluster', 'pods', 'pool'],
    },
  },
  local: {
    may: ['base', 'api', 'spec', 'pressure', 'fleet', 'pool', 'backend', 'client', 'delivery', 'telemetry'],
  },
  cli: {
    may: [
      'base',
      'classad',
      'telemetry',
      'wire',
      'client',
      'delivery',
      'submit',
      'config',
      'api',
      'pressure',
      'kube',
    ],
  },
};

/**
 * What the rooms, or folders of rooms, that a job passes tell each other, from its submission to its results.
 *
 * @type {readonly { from: string, to: string, says: string }[]}
 */
export const lifeOfAJob = [
  { from: 'cli', to: 'submit', says: 'the text of a submit file' },
  { from: 'submit', to: 'cli', says: 'the ads of a cluster and its procs' },
  { from: 'cli', to: 'pool/queue', says: 'the cluster, after its input files' },
  { from: 'pool/queue', to: 'pool/negotiator', says: 'idle jobs, durable by now, sorted into autoclusters' },
  { from: 'groups', to: 'backend', says: 'the groups of the site and their pilots' },
  { from: 'backend', to: 'pool/registry', says: 'the same as a bid, in a long poll' },
  { from: 'pool/negotiator', to: 'pool/registry', says: 'autoclusters that fit no slot' },
  { from: 'pool/registry', to: 'backend', says: 'the demand' },
  { from: 'backend', to: 'groups', says: 'the demand, with its age' },
  { from: 'groups', to: 'pressure', says: 'demand, supply and policy' },
  { from: 'pressure', to: 'groups', says: 'how many pilots each group wants, and why' },
  { from: 'groups', to: 'fleet', says: 'that number, and the pods that exist' },
  { from: 'fleet', to: 'groups', says: 'what to create, drain and delete' },
  { from: 'groups', to: 'kube', says: 'pods' },
  { from: 'kube', to: 'pilot', says: 'a container on a node, by way of Kubernetes' },
  { from: 'pilot', to: 'pool/negotiator', says: 'the slot of a node that has proved good' },
  { from: 'pool/negotiator', to: 'pilot', says: 'a claim, durable by now, and its job' },
  { from: 'pilot', to: 'pilot', says: 'runs the payload in an Apptainer container' },
  { from: 'pilot', to: 'pool/queue', says: 'finished, after its output files, until it is recorded' },
  { from: 'pool/queue', to: 'delivery', says: 'the event that the job has ended' },
  { from: 'delivery', to: 'cli', says: 'results and event log, in the directory of the user' },
];

/** Node modules that do I/O: a pure room imports none of them. */
export const ioModules = [
  'fs',
  'fs/promises',
  'net',
  'http',
  'https',
  'tls',
  'dgram',
  'dns',
  'child_process',
  'cluster',
  'worker_threads',
  'sqlite',
  'os',
  'process',
  'timers',
  'timers/promises',
  'readline',
];

/** What the pilot's bundle never reaches, not even through a third file (start time, memory, blast radius). */
export const notInPilot = ['kube', 'controller', 'groups', 'fleet', 'api', 'pool', 'pressure'];
