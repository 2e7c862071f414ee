/**
 * Permissions in an expanded image: everybody may read all of it, since payloads run as another user than the publisher, and
 * who may execute something, everybody may (`chmod u+rwX,go+rX`). No program is setuid: payloads cannot gain rights anyway.
 */

export const directoryMode = (mode: number): number => (mode & 0o777) | 0o755;

export const fileMode = (mode: number): number => (mode & 0o777) | ((mode & 0o111) === 0 ? 0o644 : 0o755);
