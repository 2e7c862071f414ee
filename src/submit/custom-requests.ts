import type { Producer, Read } from './given-value.ts';
export const customRequests = {
  commands: [] as readonly string[],
  given: (_read: Read): [string, string][] => [],
};
export const customProducers: readonly Producer[] = [];
