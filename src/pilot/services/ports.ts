import { createServer } from 'node:net';
import { GlideinError } from '#base/error.ts';
import type { ServicePort } from '#spec/services/port.ts';

/** How many numbers are tried for each port. */
const tries = 100;

/**
 * Chooses the ports of an instance. That they are free now does not mean that they still are when the service listens: one
 * that fails before it has been ready gets others.
 * @param taken the ports of other services of this pilot; the chosen ones are added
 * @param instance is added to numbers that the service sets, so that instances do not clash
 * @throws GlideinError RuntimeFailed when one cannot be had
 */
export async function takePorts(
  ports: readonly ServicePort[],
  { taken, instance, random }: { taken: Set<number>; instance: number; random: () => number },
): Promise<ReadonlyMap<string, number>> {
  const chosen = new Map<string, number>();
  try {
    for (const port of ports) {
      const number = await takePort(port, taken, instance, random);
      taken.add(number);
      chosen.set(port.name, number);
    }
  } catch (error) {
    freePorts(chosen, taken);
    throw error;
  }
  return chosen;
}

export function freePorts(chosen: ReadonlyMap<string, number>, taken: Set<number>): void {
  for (const number of chosen.values()) taken.delete(number);
}

async function takePort(
  { name, number, from, to }: ServicePort,
  taken: ReadonlySet<number>,
  instance: number,
  random: () => number,
): Promise<number> {
  if (number !== undefined) {
    const own = number + instance;
    if (!taken.has(own) && (await isFree(own))) return own;
    throw inUse(`the port ${name}, ${own}, is in use`);
  }
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const drawn = from + Math.floor(random() * (to - from + 1));
    if (!taken.has(drawn) && (await isFree(drawn))) return drawn;
  }
  throw inUse(`no port from ${from} to ${to} was found free for ${name}`);
}

const inUse = (message: string): GlideinError => new GlideinError('RuntimeFailed', message);

/** Whether nobody listens on this port of the loopback address. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
