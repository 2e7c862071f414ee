import { startGroupsWorld } from '#testing/groups-world.ts';
import { changeLeaders } from '#testing/leader-changes.ts';

/**
 * Fifty changes of leaders over two hundred live pilots, with a real API server and a real pool: no pilot may be deleted,
 * and none created twice. `--pilots=N`, `--changes=N`.
 */
const option = (name: string, otherwise: number): number => {
  const found = process.argv.find((each) => each.startsWith(`--${name}=`));
  return found === undefined ? otherwise : Number(found.slice(name.length + 3));
};

const world = await startGroupsWorld();
try {
  const begun = performance.now();
  const result = await changeLeaders({
    world,
    namespace: 'leaders',
    pilots: option('pilots', 200),
    changes: option('changes', 50),
    random: Math.random,
    log: (line) => process.stdout.write(`${((performance.now() - begun) / 1000).toFixed(1)} s  ${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  const isWhole = result.deleted.length === 0 && result.twice.length === 0;
  process.exitCode = isWhole && result.pods === result.jobs && result.running === result.jobs ? 0 : 1;
} finally {
  await world.stop();
}
