import { decodeJwt } from 'jose';
import type { Clock, Timer } from '#base/clock.ts';

/** From when to when a token is good, in epoch milliseconds. */
interface Life {
  readonly from: number;
  readonly until: number;
}

/** When a token ends, in epoch milliseconds, as it says itself; undefined when it says nothing that can be read. */
export function endOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}

/** What a token says of its own life; undefined when it says nothing that can be read. */
export function lifeOf(token: string): Life | undefined {
  try {
    const { iat, nbf, exp } = decodeJwt(token);
    const from = iat ?? nbf;
    if (from === undefined || exp === undefined || exp <= from) return undefined;
    return { from: from * 1000, until: exp * 1000 };
  } catch {
    return undefined;
  }
}

/** The kubelet replaces a token when four fifths of its life are over, so before that there is nothing to find. */
const firstLook = 0.8;
const spread = 0.05;

/** Then the file is looked at whenever this share of the life has passed; at least so many milliseconds apart. */
const lookAgain = 0.02;
const leastPause = 250;

interface SuccessorOptions {
  readonly read: () => string | Promise<string>;
  readonly clock: Clock;
  /** Pilots that started together do not come back together. */
  readonly random: () => number;
  /** Called once: a token that is good for longer can be read. */
  readonly found: () => void;
}

/** Watches for the successor of a token near the end of its life. A token that tells no end has none. */
export function awaitSuccessor(token: string, options: SuccessorOptions): Timer {
  const { read, clock, random, found } = options;
  const life = lifeOf(token);
  if (life === undefined) return { cancel() {} };
  const length = life.until - life.from;
  let cancelled = false;
  let timer: Timer;
  const look = async () => {
    // A file that is just being replaced is read again later.
    const next = await Promise.resolve()
      .then(read)
      .then(lifeOf, () => undefined);
    if (cancelled) return;
    if (next !== undefined && next.until > life.until) found();
    else wait(Math.max(leastPause, length * lookAgain));
  };
  const wait = (milliseconds: number) => {
    timer = clock.after(Math.max(0, milliseconds), () => void look());
  };
  wait(life.from + length * (firstLook + spread * random()) - clock.wall());
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}
