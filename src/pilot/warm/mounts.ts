import type { Tier } from '../runtime/apptainer.ts';
import type { Mount } from '../runtime/mounts.ts';

/** Flags of mount(2). */
const flags = { readOnly: 1, nosuid: 2, nodev: 4, noexec: 8, remount: 32, bind: 4096, move: 8192 } as const;

/** A mount of a container, as far as it matters here. */
export interface MountPoint {
  readonly target: string;
  /** The `nosuid`, `nodev` and `noexec` that it has, as flags of mount(2). */
  readonly flags: number;
}

const nothing = '-';

/** Below these, each payload has something of its own. */
const own = /^\/(?:(?:srv|tmp|var\/tmp|dev|proc|sys)(?:\/|$)|(?:var)?$)/;

/** Whether several payloads may have these in one container: what one writes, another must not find. */
export const canBeShared = (mounts: readonly Mount[]): boolean =>
  mounts.every(({ readOnly, target }) => readOnly && !own.test(target));

/** Parses `/proc/PID/mountinfo`. The kernel writes blanks and backslashes in paths as octal numbers. */
export function parseMounts(mountinfo: string): MountPoint[] {
  return mountinfo
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, , , , target = '', options = ''] = line.split(' ');
      const has = new Set(options.split(','));
      const kept = (['nosuid', 'nodev', 'noexec'] as const).filter((name) => has.has(name));
      return {
        target: target.replace(/\\([0-7]{3})/g, (_all, octal: string) =>
          String.fromCharCode(Number.parseInt(octal, 8)),
        ),
        flags: kept.reduce((sum, name) => sum | flags[name], 0),
      };
    });
}

/** Where each payload gets something of its own. */
const isOwn = (target: string): boolean =>
  /^\/(?:srv|dev\/(?:shm|pts|mqueue))$/.test(target) || isBelow(target, '/proc');

/** What the kernel guards from everybody but root. */
const isGuarded = (target: string): boolean => isBelow(target, '/sys') || target.startsWith('/dev/');

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

const temporary: readonly string[] = ['/tmp', '/var/tmp'];

const mountStep = (source: string, target: string, how: number): string[] => [
  'mount',
  source,
  target,
  nothing,
  String(how),
  nothing,
];

const readOnlyStep = (target: string, kept: number): string[] =>
  mountStep(nothing, target, kept | flags.remount | flags.bind | flags.readOnly);

/** A part of `/proc` that stays as it is, while the rest of it can be written to. */
const readOnlyParts = (parts: readonly string[], kept: number): string[] =>
  parts.flatMap((part) => [...mountStep(part, part, flags.bind), ...readOnlyStep(part, kept)]);

/**
 * Steps of `enter` after which the container shows its payloads nothing but the image: whatever they could write to and
 * would find again in the next one is read-only, and the `/tmp` in which the container was set up is gone.
 * @param machines what of `/proc` belongs to the machine; see {@link machinesOwn}
 */
export function sealSteps(mounts: readonly MountPoint[], machines: readonly string[]): string[] {
  const steps = mounts.flatMap(({ target, flags: kept }) => {
    if (temporary.includes(target)) return ['umount', target];
    if (isOwn(target) || (isGuarded(target) && machines.length === 0)) return [];
    return readOnlyStep(target, kept);
  });
  const proc = mounts.findLast(({ target }) => target === '/proc');
  return [...steps, ...readOnlyParts(machines, proc?.flags ?? 0)];
}

/** What has to be mounted before payloads can have one of their own. */
const needed = ['/dev/shm', '/dev/pts', '/dev/mqueue', '/proc', '/srv', ...temporary];

/** The mount points that payloads need and that the container does not have. */
export const missingMounts = (mounts: readonly MountPoint[]): string[] =>
  needed.filter((target) => !mounts.some((mount) => mount.target === target));

const memory = flags.nosuid | flags.nodev;
const special = flags.nosuid | flags.noexec;
const hidden = memory | flags.noexec;

/**
 * Steps of `enter` that give a payload what is its own: the directory of its claim, which lies in `/srv` of the
 * container, as `/srv`, `/tmp` and `/var/tmp`; what belongs to its namespaces; and memory for files. `/dev/shm` is
 * where its directory waits until those of all others have gone from `/srv`.
 * @param claim the name of its directory in `/srv`
 * @param bytes what its files in memory may take
 * @param machines what of `/proc` belongs to the machine
 */
export function payloadSteps(
  tier: Tier,
  claim: string,
  bytes: number,
  machines: readonly string[],
): string[] {
  const bind = (from: string, to: string) => mountStep(`/srv/${claim}/${from}`, to, flags.bind);
  const fresh = (type: string, target: string, how: number, data: string = nothing) => [
    'mount',
    type,
    target,
    type,
    String(how),
    data,
  ];
  return [
    ...fresh('tmpfs', '/dev/shm', memory, `mode=1777,size=${Math.ceil(bytes)}`),
    ...fresh('devpts', '/dev/pts', special, 'newinstance,ptmxmode=0666,mode=0620'),
    ...fresh('mqueue', '/dev/mqueue', hidden),
    ...(tier === 'A' ? [...fresh('proc', '/proc', hidden), ...readOnlyParts(machines, hidden)] : []),
    ...bind('work/tmp', '/tmp'),
    ...bind('work/var_tmp', '/var/tmp'),
    ...bind('job', '/dev/shm'),
    'umount',
    '/srv',
    ...mountStep('/dev/shm', '/srv', flags.move),
  ];
}
