import { beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { WarmContainer } from './warm-container.ts';
import { type Wanted, type WarmAttributes, WarmContainers } from './warm-containers.ts';

describe('containers that are kept warm', () => {
  let clock: ManualClock;
  /** What lies at the paths of images. */
  let lying: Map<string, string>;
  let made: { readonly image: string; closed: boolean }[];
  let said: WarmAttributes | undefined;
  /** Why the next one cannot be set up. */
  let refusal: string | undefined;
  let warm: WarmContainers;

  const setUp = async ({ image }: Wanted) => {
    if (refusal !== undefined) throw new Error(refusal);
    const container = {
      image,
      closed: false,
      isUp: true,
      close: () => {
        container.closed = true;
      },
    };
    made.push(container);
    return container as unknown as WarmContainer;
  };

  beforeEach(() => {
    clock = new ManualClock();
    [made, refusal] = [[], undefined];
    lying = new Map(['/a', '/b', '/c'].map((path) => [path, `first ${path}`]));
    warm = new WarmContainers({
      most: 2,
      idle: 600_000,
      setUp,
      identityOf: async ({ image }) => {
        const found = lying.get(image);
        if (found === undefined) throw new Error('ENOTCONN');
        return found;
      },
      clock,
      logger: createLogger('test', { level: 'silent' }),
      changed: (attributes) => {
        said = attributes;
      },
    });
  });

  const find = (image: string, name = image) => warm.find({ image, mounts: [] }, name);
  const open = () => made.filter(({ closed }) => !closed).map(({ image }) => image);

  it('are made once for payloads that come at the same time, and serve those that come later', async () => {
    const [one, other] = await Promise.all([find('/a'), find('/a')]);
    expect(other).toBe(one);
    expect(await find('/a')).toBe(one);
    expect(open()).toEqual(['/a']);
    expect(said).toEqual({ WarmContainers: 1 });
  });

  it('end when nobody has needed them for a while', async () => {
    await find('/a');
    clock.advance(500_000);
    await find('/a');
    clock.advance(500_000);
    expect(open()).toEqual(['/a']);
    clock.advance(200_000);
    expect(open()).toEqual([]);
    expect(said).toEqual({ WarmContainers: 0 });
    expect(clock.timers).toBe(0);
  });

  it('end when there would be more than the group allows, the one first that was used longest ago', async () => {
    for (const image of ['/a', '/b', '/a', '/c']) {
      await find(image);
      clock.advance(1000);
    }
    expect(open()).toEqual(['/a', '/c']);
  });

  it('are not entered when another image lies where theirs lay', async () => {
    const before = await find('/a');
    lying.set('/a', 'second /a');
    expect(await find('/a')).not.toBe(before);
    expect(made.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it('are made anew when what lets payloads in has died', async () => {
    const before = await find('/a');
    Object.assign(before!, { isUp: false });
    expect(await find('/a')).not.toBe(before);
  });

  it('end when the name by which jobs found their image means another one', async () => {
    await find('/a', 'alma:9');
    await find('/b', 'alma:9');
    expect(open()).toEqual(['/b']);
  });

  it('end when the file system of their image is gone, and the payload meets that in a fresh one', async () => {
    await find('/a');
    lying.delete('/a');
    expect(await find('/a')).toBeUndefined();
    expect(open()).toEqual([]);
  });

  it('are not used when another image came while they were set up', async () => {
    const found = find('/a');
    await Promise.resolve();
    lying.set('/a', 'second /a');
    expect(await found).toBeUndefined();
    expect(open()).toEqual([]);
    expect(await find('/a')).toBeDefined();
  });

  it('that cannot be had leave payloads to fresh ones for a minute, and the slot says why', async () => {
    refusal = 'user namespaces are used up';
    expect(await find('/a')).toBeUndefined();
    expect(said).toEqual({
      WarmContainers: 0,
      WarmContainersReason: '/a: user namespaces are used up',
    });
    refusal = undefined;
    clock.advance(30_000);
    expect(await find('/a')).toBeUndefined();
    clock.advance(40_000);
    expect(await find('/a')).toBeDefined();
    expect(said).toEqual({ WarmContainers: 1 });
  });

  it('that a payload could not enter are closed, and the next one is tried a minute later', async () => {
    const container = await find('/a');
    warm.failed(container!, 'mount proc: EPERM');
    expect(open()).toEqual([]);
    expect(await find('/a')).toBeUndefined();
    expect(said).toMatchObject({ WarmContainersReason: '/a: mount proc: EPERM' });
    clock.advance(61_000);
    expect(await find('/a')).toBeDefined();
  });

  it('are not kept for a group that lets payloads write to what it mounts', async () => {
    const mounts = [{ source: '/data', target: '/data', readOnly: false }];
    expect(await warm.find({ image: '/a', mounts }, 'a')).toBeUndefined();
    expect(made).toEqual([]);
  });

  it('all end with the pilot, and no more are made', async () => {
    await find('/a');
    const late = find('/b');
    warm.close();
    expect(await late).toBeUndefined();
    expect(open()).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
