import { decodeJwt } from 'jose';
import type { Clock, Timer } from '#base/clock.ts';

/** When a token is valid, in epoch milliseconds. */
interface Life {
  readonly from: number;
  readonly until: number;
}

/** When a token expires according to itself, in epoch milliseconds. Undefined: it does not say. */
export function endOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}

/** When a token is valid according to itself. Undefined: it does not say. */
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

/** The kubelet replaces a token after four fifths of its life, so there is nothing to find earlier. */
const firstLook = 0.8;
const spread = 0.05;

/** From then on, the file is read each time this share of the life has passed, but not more often than `leastPause` (ms). */
const lookAgain = 0.02;
const leastPause = 250;

interface SuccessorOptions {
  readonly read: () => string | Promise<string>;
  readonly clock: Clock;
  /** Spreads the reconnections of pilots that started together. */
  readonly random: () => number;
  /** Called once, when there is a token that is valid for longer. */
  readonly found: () => void;
}

/** Watches for the successor of a token near the end of its life. A token that does not say when it expires has none. */
export function awaitSuccessor(token: string, options: SuccessorOptions): Timer {
  const { read, clock, random, found } = options;
  const life = lifeOf(token);
  if (life === undefined) return { cancel() {} };
  const length = life.until - life.from;
  let cancelled = false;
  let timer: Timer;
  const look = async () => {
    // The file may just be being replaced; it is read again later.
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
