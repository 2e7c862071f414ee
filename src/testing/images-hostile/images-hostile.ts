import { ImageRegistry } from '../image-registry.ts';
import { type HostileKind, hostileKinds, noise } from './hostile-kinds.ts';
import type { Attack } from './hostile-outcomes.ts';
import { type HostileRun, hostileRun, type RunOptions } from './hostile-run.ts';

export interface ImagesHostileOptions {
  /** How many images there are of each kind. */
  readonly copies: number;
  /** How many good images there are in each of two registries: the hostile one, and one of their own. */
  readonly good: number;
  /** Kinds by their names; all if undefined. */
  readonly kinds?: readonly string[] | undefined;
  /** Whether the good images are published without the others first, to compare. */
  readonly isCompared: boolean;
  readonly run: Omit<RunOptions, 'log' | 'signal'>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface ImagesHostileReport {
  /** How many images do harm, or try to, and how many of those are to fail. */
  readonly attacks: number;
  readonly toFail: number;
  readonly good: number;
  /** Bytes of all good images. */
  readonly goodBytes: number;
  readonly alone: HostileRun | undefined;
  readonly beside: HostileRun;
  /** Every bound that was broken. */
  readonly wrong: readonly string[];
}

/** Good images are of this size, so that together they do not fit into the layer cache. */
const goodBytes = 4 * 2 ** 20;

/** What the directory of images has besides the good ones, at the end: lists of contents, and images that only try to do harm. */
const besides = 32 * 2 ** 20;

/**
 * Publishes good images, first alone and then beside many that do harm, with a publisher in a container's memory and on a small
 * volume; and looks whether every bound holds, every image that does harm fails by its reason, and every good one is live.
 */
export async function imagesHostile(options: ImagesHostileOptions): Promise<ImagesHostileReport> {
  const evil = await ImageRegistry.start();
  const good = await ImageRegistry.start();
  try {
    const attacks = await pushAttacks(evil, options);
    const elsewhere = await pushGood(good, options.good, 1000);
    const wanted = [...(await pushGood(evil, options.good, 0)), ...elsewhere];
    const run = { ...options.run, log: options.log, signal: options.signal };
    const alone = options.isCompared ? await hostileRun({ wanted, elsewhere, attacks: [] }, run) : undefined;
    const beside = await hostileRun({ wanted, elsewhere, attacks }, run);
    const bytes = wanted.length * goodBytes;
    const most = bytes + besides;
    const { images } = beside.samples;
    const tooMuch = images > most ? [`the images take ${images} bytes at the end, and not ${most}`] : [];
    return {
      attacks: attacks.length,
      toFail: attacks.filter(({ kind }) => kind.reason !== undefined).length,
      good: wanted.length,
      goodBytes: bytes,
      alone,
      beside,
      wrong: [...(alone?.wrong ?? []), ...beside.wrong, ...tooMuch],
    };
  } finally {
    await Promise.all([evil.stop(), good.stop()]);
  }
}

async function pushGood(registry: ImageRegistry, count: number, from: number): Promise<string[]> {
  const references = [];
  for (let at = 0; at < count; at += 1) {
    const name = `good/name-${at}:1`;
    await registry.push(name, [{ x: { content: noise(goodBytes, from + at) } }, { y: String(from + at) }]);
    references.push(`${registry.host}/${name}`);
  }
  return references;
}

async function pushAttacks(
  registry: ImageRegistry,
  { copies, kinds, signal }: ImagesHostileOptions,
): Promise<Attack[]> {
  const attacks: Attack[] = [];
  const byRepository = new Map<string, HostileKind>();
  for (const [kindName, kind] of Object.entries(hostileKinds)) {
    if (kinds?.includes(kindName) === false) continue;
    signal.throwIfAborted();
    for (let copy = 0; copy < (kind.isLong === true ? 1 : copies); copy += 1) {
      const repository = `evil/${kindName}-${copy}`;
      await kind.push(registry, `${repository}:1`, copy);
      byRepository.set(repository, kind);
      const reference = `${registry.host}/${repository}:${kind.tag ?? '1'}`;
      attacks.push({ name: `${kindName}-${copy}`, kind, reference });
    }
  }
  registry.answer = (request, response) => {
    const [, repository = ''] = /^\/v2\/(evil\/[^/]+)\//.exec(request.url ?? '') ?? [];
    return byRepository.get(repository)?.answer?.(request, response, registry) ?? false;
  };
  return attacks;
}
