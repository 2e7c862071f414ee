import { slotTexts } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';

/**
 * A pool in a process of its own, with as many slots as its first argument says, four of which are dynamic for each pilot. It
 * prints its address and tokens of two users as one line of JSON, and ends with its standard input.
 */
const slots = Number(process.argv[2]);
const pool = await TestPool.start();
const connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
for (let pilot = 0; pilot < slots / 5; pilot += 1) {
  const registered = pool.core.collector.register(
    {
      type: 'hello',
      protocol: 1,
      uid: `u${pilot}`,
      name: `pilot-${pilot}`,
      group: `group-${pilot % 50}`,
      site: 'here',
      slot: slotTexts({
        Cpus: '8',
        TotalSlotCpus: '8',
        Machine: `"node-${pilot}"`,
        Speed: String(pilot % 2000),
      }),
      retireIn: 3600,
      draining: false,
      claims: [],
    },
    connection,
  );
  for (let claim = 0; claim < 4; claim += 1)
    registered.take(`c${pilot}.${claim}`, { cpus: 1, memory: 512, disk: 1024, gpus: 0 });
}
const tokens = await Promise.all(['alice', 'bob'].map((user) => pool.token('submitter', user)));
console.log(JSON.stringify({ url: pool.url, tokens }));
process.stdin.resume().once('end', () => {
  pool.destroy().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
