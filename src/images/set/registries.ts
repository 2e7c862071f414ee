import type { Clock } from '#base/clock.ts';
import { BodyBudget } from '../registry/body-budget.ts';
import { credentialsFor } from '../registry/credentials.ts';
import { MirroredClient, type RegistryReader } from '../registry/mirrored-client.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { RegistryPeace } from '../registry/registry-peace.ts';
import type { Send } from '../registry/requests.ts';

export interface RegistriesOptions {
  readonly send: Send;
  readonly clock: Clock;
  readonly random: () => number;
  /** Files as `docker login` writes them, read again for each new client. */
  readonly logins: () => Promise<readonly string[]>;
}

interface Known {
  readonly reader: Promise<RegistryReader>;
  /** By the monotonic clock. */
  readonly until: number;
}

/** Milliseconds for which a client is used: credentials are changed from time to time. */
const life = 600_000;

type Mirrors = readonly { readonly registry: string; readonly endpoints: readonly string[] }[];

/** The clients of a publisher, one for each registry, which all of its images share. */
export class Registries {
  readonly #options: RegistriesOptions;
  readonly #known = new Map<string, Known>();
  readonly #peace = new Map<string, RegistryPeace>();
  readonly #budget = new BodyBudget();
  #mirrors: Mirrors = [];

  constructor(options: RegistriesOptions) {
    this.#options = options;
  }

  setMirrors(mirrors: Mirrors): void {
    this.#mirrors = mirrors;
    this.#known.clear();
  }

  /** @throws GlideinError InvalidArgument if credentials cannot be read */
  async reader(registry: string): Promise<RegistryReader> {
    const now = this.#options.clock.monotonic();
    const known = this.#known.get(registry);
    if (known !== undefined && now < known.until) return await known.reader;
    const reader = this.#make(registry);
    this.#known.set(registry, { reader, until: now + life });
    reader.catch(() => this.#known.delete(registry));
    return await reader;
  }

  async #make(registry: string): Promise<RegistryReader> {
    const endpoints = this.#mirrors.find((each) => each.registry === registry)?.endpoints ?? [];
    const own = await this.#client(registry);
    if (endpoints.length === 0) return own;
    const mirrors = await Promise.all(
      endpoints.map((origin) => this.#client(new URL(origin).host, new URL(origin).origin)),
    );
    return new MirroredClient(mirrors, own);
  }

  async #client(registry: string, origin?: string): Promise<RegistryClient> {
    const { send, clock, random, logins } = this.#options;
    const peace = this.#peace.get(registry) ?? new RegistryPeace(clock);
    this.#peace.set(registry, peace);
    const credentials = await credentialsFor(registry, await logins());
    return new RegistryClient({
      registry,
      origin,
      send,
      clock,
      random,
      credentials,
      peace,
      budget: this.#budget,
    });
  }
}
