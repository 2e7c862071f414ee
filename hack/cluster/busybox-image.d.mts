/** Writes an OCI archive with a shell and the usual small commands (PATH=/bin), for test pods. */
export function writeBusyboxImage(options: { file: string; name: string }): Promise<void>;
