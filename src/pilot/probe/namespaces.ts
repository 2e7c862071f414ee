import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import type { Finding } from '#wire/finding.ts';
import { type KernelSettings, readKernelSettings } from './kernel-settings.ts';
import { circumstances } from './probe-cache.ts';
import { RememberedResults } from './remembered-results.ts';
import { runProgram } from './run-program.ts';
import type { ProgramRun } from './tier-of.ts';
import { ended, userNamespaces } from './user-namespaces.ts';

/** Milliseconds that a trial may take: nothing here waits for anybody. */
const limit = 5000;

/**
 * What a process without rights can make here, by making it: user namespaces, overlays of the kernel on the pilot's own disk,
 * network namespaces.
 */
export async function namespaces(directory: string, remember?: RememberedNamespaces): Promise<Finding[]> {
  const settings = await readKernelSettings();
  const { users, overlay, nets } = await trials(directory, settings, remember);
  return [userNamespaces(users, settings), overlayOf(overlay), networkOf(nets, settings)];
}

const run: z.ZodType<ProgramRun> = z.object({
  code: z.number().optional(),
  output: z.string(),
  missing: z.literal(true).optional(),
}) as z.ZodType<ProgramRun>;

const shape = z.object({ users: run, overlay: run, nets: run });

/** What programs have shown on this node, so that the next pilot need not start them. */
export class RememberedNamespaces extends RememberedResults<z.infer<typeof shape>> {
  constructor(directory: string, clock: Clock) {
    super(join(directory, 'namespaces.json'), shape, clock);
  }
}

async function trials(
  directory: string,
  settings: KernelSettings,
  remember: RememberedNamespaces | undefined,
): Promise<z.infer<typeof shape>> {
  // The overlay depends on the file system, whichever pilot's directory it is.
  const { dev } = await stat(directory);
  const key = await circumstances([dev, JSON.stringify(settings)]);
  const known = await remember?.find(key);
  if (known !== undefined) return known;
  const [users, overlay, nets] = await Promise.all([
    runProgram('unshare', ['-Urm', 'true'], limit),
    tryOverlay(directory),
    runProgram('unshare', ['-Urn', 'true'], limit),
  ]);
  await remember?.store(key, { users, overlay, nets });
  return { users, overlay, nets };
}

async function tryOverlay(directory: string): Promise<ProgramRun> {
  const root = join(directory, `overlay-${process.pid}`);
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(root, name));
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  try {
    await Promise.all([lower, upper, work, merged].map((path) => mkdir(path ?? root, { recursive: true })));
    return await runProgram(
      'unshare',
      ['-Urm', 'mount', '-t', 'overlay', 'overlay', '-o', options, merged ?? root],
      limit,
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const overlayOf = (run: ProgramRun): Finding =>
  optional('kernel overlay', 'HasKernelOverlay', run, 'unshare -Urm mount -t overlay', {
    cure: 'a kernel from 5.11 on, and a scratch file system that can be the upper layer of an overlay (ext4, xfs)',
  });

function networkOf(run: ProgramRun, { maxNetNamespaces }: KernelSettings): Finding {
  const setting = maxNetNamespaces === undefined ? '' : `; user.max_net_namespaces ${maxNetNamespaces}`;
  return optional('network namespaces', 'HasNetworkNamespaces', run, 'unshare -Urn true', {
    setting,
    cure:
      maxNetNamespaces === 0
        ? 'on the node: sysctl -w user.max_net_namespaces=15000 (sites set it to 0 to be safer from faults of the kernel)'
        : 'what user namespaces need',
  });
}

/** Something that only some jobs need. */
function optional(
  what: string,
  attribute: string,
  run: ProgramRun,
  command: string,
  { setting = '', cure }: { readonly setting?: string; readonly cure: string },
): Finding {
  const works = run.code === 0;
  return {
    what,
    attributes: run.missing ? {} : { [attribute]: works },
    verdict: works ? 'good' : 'missing',
    evidence: `${command} ${ended(run)}${setting}`,
    ...(works || run.missing ? {} : { cure }),
  };
}
