import { parentPort, workerData } from 'node:worker_threads';
import { mintToken } from '#pool/auth/tokens.ts';
import type { AttackOrder } from './attacker.ts';
import { attacks } from './attacks.ts';
import { Target } from './target.ts';

/** Begins the attack whose name it is sent, and ends it at the next message. */
const { url, key, ...options } = workerData as AttackOrder;
const target = new Target({ url, token: (role, subject) => mintToken(key, { role, subject }, 36_000) });
const known = attacks(options);
let over: AbortController | undefined;
parentPort?.on('message', (name: string) => {
  if (over === undefined) void attack(name);
  else over.abort();
});

async function attack(name: string): Promise<void> {
  over = new AbortController();
  const done = await known.find((each) => each.name === name)?.run(target, over.signal);
  over = undefined;
  parentPort?.postMessage(done);
}
