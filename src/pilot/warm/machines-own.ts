import { existsSync } from 'node:fs';

/** Of these in `/proc`, only the permissions of files keep payloads from changing the machine. */
const settings = ['sys', 'sysrq-trigger', 'irq', 'fs', 'bus'].map((name) => `/proc/${name}`);

/**
 * What payloads of root could write to, although it belongs to the machine and not to their container: root is its owner, and nobody
 * asks for more. Empty for payloads of anybody else. (In fresh containers, `wait-status --bound` sees to it.)
 */
export const machinesOwn = (uid: number | undefined): readonly string[] =>
  uid === 0 ? settings.filter((path) => existsSync(path)) : [];
