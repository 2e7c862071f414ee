export function ensureHtcondor(options?: { log?: unknown }): Promise<{ root: string; version: string }>;
