import { bulk } from './pool-store/bulk.ts';
import { decay } from './pool-store/decay.ts';
import { lives } from './pool-store/lives.ts';
import { Million } from './pool-store/million.ts';
import { single } from './pool-store/single.ts';

/**
 * The embedded pool as a durable queue, at the sizes and rates that it is meant for, beside a bare SQLite worker and beside
 * graphile-worker in the same run. `npm run bench -- pool-store --part=NAME[,NAME]...` runs some of the parts.
 */
const parts: Readonly<Record<string, () => Promise<void>>> = {
  bulk,
  single,
  lives,
  million: () => Million.run(),
  decay,
};

const wanted = process.argv
  .slice(2)
  .flatMap((option) => /^--part=(.*)$/.exec(option)?.[1]?.split(',') ?? [`unknown option ${option}`]);
const unknown = wanted.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  process.stderr.write(`${unknown}: write --part=NAME with one of ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}
for (const name of wanted.length === 0 ? Object.keys(parts) : wanted) {
  process.stderr.write(`part ${name}\n`);
  await parts[name]?.();
}
