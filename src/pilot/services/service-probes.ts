import type { Clock } from '#base/clock.ts';
import type { Service } from '#spec/services/service.ts';
import type { Asked } from './check.ts';
import { awaitUp, probe } from './probe-loop.ts';

export interface ProbesOptions {
  readonly asked: Asked;
  readonly clock: Clock;
  readonly ready: () => void;
  readonly unready: (reason: string) => void;
  readonly dead: (reason: string) => void;
}

/** Asks one start of a service whether it is ready and, once it has been, whether it is alive. */
export class ServiceProbes {
  readonly #service: Pick<Service, 'readiness' | 'liveness'>;
  readonly #options: ProbesOptions;
  readonly #over = new AbortController();
  #hasBeenReady = false;

  /** @param run the container; without a readiness probe, the service is ready once it is up */
  constructor(
    service: Pick<Service, 'readiness' | 'liveness'>,
    run: { readonly isUp: boolean },
    options: ProbesOptions,
  ) {
    this.#service = service;
    this.#options = options;
    const { readiness } = service;
    if (readiness === undefined)
      void awaitUp(
        () => run.isUp,
        this.#loop,
        () => this.sawReady(),
      );
    else if (readiness.log === undefined)
      void probe(readiness, this.#loop, false, (holds, reason) => {
        if (holds) this.sawReady();
        else options.unready(reason);
      });
  }

  /** It is ready, as its probe or its output says. */
  sawReady(): void {
    this.#options.ready();
    const { liveness } = this.#service;
    if (this.#hasBeenReady || liveness === undefined) return;
    this.#hasBeenReady = true;
    void probe(liveness, this.#loop, true, (holds, reason) => {
      if (!holds) this.#options.dead(reason);
    });
  }

  /** Ends all probes. */
  stop(): void {
    this.#over.abort();
  }

  get #loop() {
    const { asked, clock } = this.#options;
    return { asked, clock, signal: this.#over.signal };
  }
}
