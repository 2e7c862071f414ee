import { readFile } from 'node:fs/promises';

/** What the kernel allows this process, as it says itself. Undefined: the kernel does not have the setting. */
export interface KernelSettings {
  /** 0: no seccomp filter. */
  readonly seccomp: number | undefined;
  /** `user.max_user_namespaces` */
  readonly maxUserNamespaces: number | undefined;
  /** `user.max_net_namespaces` */
  readonly maxNetNamespaces: number | undefined;
  /** `kernel.apparmor_restrict_unprivileged_userns` (Ubuntu) */
  readonly appArmorRestricts: number | undefined;
  /** `kernel.unprivileged_userns_clone` (Debian) */
  readonly usersMayClone: number | undefined;
  /** The AppArmor profile of this process, or SELinux's context. */
  readonly confinement: string | undefined;
  /** Mounts below /proc, which hide parts of it. */
  readonly maskedProc: number;
}

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').then(
    (text) => text.replaceAll('\0', '').trim(),
    () => undefined,
  );

const numberIn = async (path: string): Promise<number | undefined> => {
  const text = await textOf(path);
  return text === undefined || text === '' ? undefined : Number(text);
};

export async function readKernelSettings(): Promise<KernelSettings> {
  const sysctl = '/proc/sys';
  const [status, mounts, users, nets, restricts, clone, confinement] = await Promise.all([
    textOf('/proc/self/status'),
    textOf('/proc/self/mountinfo'),
    numberIn(`${sysctl}/user/max_user_namespaces`),
    numberIn(`${sysctl}/user/max_net_namespaces`),
    numberIn(`${sysctl}/kernel/apparmor_restrict_unprivileged_userns`),
    numberIn(`${sysctl}/kernel/unprivileged_userns_clone`),
    textOf('/proc/self/attr/current'),
  ]);
  const [, seccomp] = /^Seccomp:\s+(\d+)/m.exec(status ?? '') ?? [];
  return {
    seccomp: seccomp === undefined ? undefined : Number(seccomp),
    maxUserNamespaces: users,
    maxNetNamespaces: nets,
    appArmorRestricts: restricts,
    usersMayClone: clone,
    confinement: confinement === '' ? undefined : confinement,
    maskedProc: (mounts ?? '').split('\n').filter((line) => / \/proc\//.test(line)).length,
  };
}
