import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap of a pilot small, because it shares a node with the payloads. What lives shortly gets one MiB instead of up to
 * sixteen, and the compiler that takes most memory is not used: a pilot computes little. Call this before anything is loaded.
 */
export function keepHeapSmall(): void {
  for (const flag of ['--semi-space-growth-factor=1', '--no-opt']) setFlagsFromString(flag);
}
