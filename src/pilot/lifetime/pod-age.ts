import { readFile, stat } from 'node:fs/promises';

/** Milliseconds: whatever seems older is no file of this pod. */
const longest = 3_600_000;

/**
 * Milliseconds since the pod of this process was set up, which may be long before the process started: its image is pulled in
 * between. The container runtime writes /etc/hostname when it makes the pod's sandbox, and mounts it. 0 outside a pod.
 * @param now epoch milliseconds
 */
export async function podAge(now: number, hostname = '/etc/hostname', mounts = '/proc/self/mountinfo') {
  try {
    if (!(await readFile(mounts, 'utf8')).includes(` ${hostname} `)) return 0;
    const { mtimeMs } = await stat(hostname);
    const age = now - mtimeMs;
    return age > 0 && age < longest ? age : 0;
  } catch {
    return 0;
  }
}
