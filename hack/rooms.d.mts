export const rooms: Readonly<Record<string, { readonly may: readonly string[]; readonly pure?: boolean }>>;
export const ioModules: readonly string[];
export const notInPilot: readonly string[];
