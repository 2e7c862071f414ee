/**
 * A wall time as a Kubernetes MicroTime: with six decimals, which Leases and Events require.
 * @param wall milliseconds since the epoch
 */
export function microTime(wall: number): string {
  return new Date(wall).toISOString().replace('Z', '000Z');
}
