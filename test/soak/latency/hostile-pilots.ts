import { setTimeout as pause } from 'node:timers/promises';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import type { Attack } from './attack.ts';
import type { Target } from './target.ts';

/** A slot as a pilot tells of it; `number` makes it differ from all before. */
type Lie = (number: number) => Readonly<Record<string, string>>;

const names = (count: number, of: (index: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, index) => of(index));

/** What a pilot may claim to be. None takes a job of others: whoever runs pilots may do with jobs what it likes. */
const lies: Readonly<Record<string, Lie>> = {
  'changes at each connection': (number) => ({ Kind: `"k${number}"`, Memory: String(1000 + number) }),
  'has a billion cores': () => ({ Cpus: '1000000000', Memory: '1e18', Disk: '-1', GPUs: '0.5' }),
  'reads 900 attributes of jobs': (number) => ({
    Start: names(900, (index) => `TARGET.A${index} =?= ${number}`).join(' || '),
  }),
  'reads other attributes of jobs each time': (number) => ({
    Start: names(10, (index) => `TARGET.B${number % 20}x${index} =?= 1`).join(' && '),
  }),
  'has a START that takes long': (number) => ({
    ...Object.fromEntries([
      ['S0', `TARGET.RequestMemory + ${number}`],
      ...names(60, (index) => String(index)).map((index) => [
        `S${Number(index) + 1}`,
        `S${index} + S${index}`,
      ]),
    ]),
    Start: 'S60 < 0',
  }),
  'has 100,000 attributes': (number) =>
    Object.fromEntries(names(100_000, (index) => `n${number}_${index}`).map((name) => [name, '1'])),
};

/** Pilots that come, say what they like, and go, again and again. @param count how many do so at once for each lie */
export const hostilePilots = (count: number): readonly Attack[] =>
  Object.entries(lies).map(([name, lie]) => ({
    name: `a pilot that ${name}`,
    async run(target, signal) {
      const done = { hellos: 0, welcomed: 0 };
      const lives = Array.from({ length: count }, async (_, index) => {
        for (let number = index; !signal.aborted; number += count) {
          done.hellos += 1;
          if (await comeAndGo(target, `liar-${index}`, lie(number), number)) done.welcomed += 1;
          await pause(100);
        }
        await leave(target, `liar-${index}`, count + index);
      });
      await Promise.all(lives);
      return done;
    },
  }));

/** @returns whether the pool has welcomed it */
async function comeAndGo(
  target: Target,
  uid: string,
  slot: Readonly<Record<string, string>>,
  number: number,
): Promise<boolean> {
  const pilot = await open(target, uid, { Start: 'false', ...slot });
  if (pilot === undefined) return false;
  pilot.sayHello({ process: uid, connection: number + 1 });
  await pilot.change(5000);
  const [first] = pilot.heard;
  await pilot.change(50);
  pilot.cut();
  return first?.type === 'welcome';
}

/** So that it is forgotten at once. */
async function leave(target: Target, uid: string, number: number): Promise<void> {
  const pilot = await open(target, uid, { Start: 'false' });
  if (pilot === undefined) return;
  pilot.sayHello({ process: uid, connection: 1_000_000 + number });
  await pilot.change(5000);
  pilot.say({ type: 'leaving', reason: 'the attack is over' });
  await pilot.end(5000).catch(() => pilot.cut());
}

const open = async (target: Target, uid: string, slot: Readonly<Record<string, string>>) =>
  ScriptedPilot.open({ url: target.url, token: await target.token('pilot', uid), uid, slot }).catch(
    () => undefined,
  );
