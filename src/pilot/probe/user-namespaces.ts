import type { Finding } from '#wire/finding.ts';
import type { KernelSettings } from './kernel-settings.ts';
import type { ProgramRun } from './tier-of.ts';

/** What `unshare -U` has done, in view of what the kernel says of its settings. */
export function userNamespaces(run: ProgramRun, settings: KernelSettings): Finding {
  const evidence = `unshare -Urm true ${ended(run)}; ${settingsInWords(settings)}`;
  const works = run.code === 0;
  const said = { what: 'user namespaces', evidence };
  // Without the program, Apptainer itself shows whether they work.
  if (run.missing) return { ...said, attributes: {}, verdict: 'good' };
  return {
    ...said,
    attributes: { HasUserNamespaces: works },
    verdict: works ? 'good' : 'bad',
    ...(works ? {} : { cure: cureOf(settings) }),
  };
}

/** `exited with 0`, or what it said. */
export function ended({ code, output, missing }: ProgramRun): string {
  if (missing) return 'could not be run: there is no such program';
  const last = output.trim().split('\n').at(-1) ?? '';
  return `exited with ${code ?? 'a signal'}${last === '' ? '' : ` (${last})`}`;
}

function settingsInWords(settings: KernelSettings): string {
  const named = {
    'user.max_user_namespaces': settings.maxUserNamespaces,
    'kernel.unprivileged_userns_clone': settings.usersMayClone,
    'kernel.apparmor_restrict_unprivileged_userns': settings.appArmorRestricts,
    'seccomp mode': settings.seccomp,
    'security module': settings.confinement,
  };
  return Object.entries(named)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** The least change, by the first setting that forbids user namespaces; each is reason enough. */
export function cureOf({
  maxUserNamespaces,
  usersMayClone,
  appArmorRestricts,
  seccomp,
}: KernelSettings): string {
  if (maxUserNamespaces === 0) return 'on the node: sysctl -w user.max_user_namespaces=15000';
  if (usersMayClone === 0) return 'on the node: sysctl -w kernel.unprivileged_userns_clone=1';
  if (seccomp === 2)
    return 'give the pod a seccomp profile that allows unshare and mount: seccompProfile.install=true of the chart puts one on the nodes (by hand: copy glidein-pilot.json there, and set pilotSeccompProfile=glidein-pilot.json)';
  if (appArmorRestricts === 1)
    return 'on the node: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for the pod with the line "userns,"';
  return 'find out what forbids them: SELinux, or a security module of the site';
}
