import { parentPort, workerData } from 'node:worker_threads';
import { mintToken } from '#pool/auth/tokens.ts';
import type { AttackOrder } from './attacker.ts';
import { attacks } from './attacks.ts';
import { Target } from './target.ts';

const { url, key, attack, ...options } = workerData as AttackOrder;
const target = new Target({ url, token: (role, subject) => mintToken(key, { role, subject }, 36_000) });
const over = new AbortController();
parentPort?.once('message', () => over.abort());
const done = await attacks(options)
  .find(({ name }) => name === attack)
  ?.run(target, over.signal);
await target.close();
parentPort?.postMessage(done);
