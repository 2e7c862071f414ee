type Permissions = string | Readonly<Record<string, string>> | undefined;

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job extends Step {
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}

/** A GitHub workflow, as far as it is looked at here. */
export interface Workflow {
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What a workflow that actionlint allows takes without needing it: rights, a token, hours, actions that others can change. */
export function workflowComplaints({ permissions, jobs }: Workflow): string[] {
  const ofAll =
    permissions === undefined ? ['write permissions for the workflow, such as contents: read'] : [];
  return [
    ...ofAll,
    ...writesOf(permissions).map((right) => `give the right ${right} to the job that needs it, not to all`),
    ...Object.entries(jobs).flatMap(([name, job]) =>
      jobComplaints(job).map((text) => `job ${name}: ${text}`),
    ),
  ];
}

function writesOf(permissions: Permissions): string[] {
  if (typeof permissions === 'string') return permissions === 'read-all' ? [] : [permissions];
  return Object.entries(permissions ?? {}).flatMap(([name, right]) =>
    right === 'write' ? [`${name}: ${right}`] : [],
  );
}

function jobComplaints(job: Job): string[] {
  const steps = job.steps ?? [];
  const ofJob =
    job['timeout-minutes'] === undefined && job.uses === undefined ? ['write timeout-minutes'] : [];
  return [...ofJob, ...[job, ...steps].flatMap(pinComplaints), ...steps.flatMap(tokenComplaints)];
}

/** A major version, or a digest. */
function pinComplaints({ uses }: Step): string[] {
  if (uses === undefined || uses.startsWith('./') || /@(v\d+|[0-9a-f]{40})$/.test(uses)) return [];
  return [`pin ${uses} by a major version (@v1) or a commit`];
}

function tokenComplaints({ uses, with: inputs }: Step): string[] {
  return uses?.startsWith('actions/checkout@') === true && inputs?.['persist-credentials'] !== false
    ? ['write persist-credentials: false for the checkout']
    : [];
}
