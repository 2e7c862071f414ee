/**
 * A wall time as Kubernetes' MicroTime: six decimals, which Leases and Events demand.
 * @param wall milliseconds since the epoch
 */
export function microTime(wall: number): string {
  return new Date(wall).toISOString().replace('Z', '000Z');
}
