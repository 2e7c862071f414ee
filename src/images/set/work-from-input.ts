import type { Clock } from '#base/clock.ts';
import { doWork, workOrder } from './work-order.ts';

/** Does the work of which the first line of standard input tells, and says on standard output what came of it. When the input ends, so does this. */
export async function workFromInput(clock: Clock): Promise<void> {
  const ending = new AbortController();
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    process.stdin.setEncoding('utf8').on('data', (data: string) => {
      text += data;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    process.stdin.once('end', () => {
      ending.abort();
      reject(new Error('nobody wants this work any more'));
    });
  });
  const answer = await doWork(workOrder.parse(JSON.parse(line)), clock, ending.signal);
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(JSON.stringify(answer), (error) => (error == null ? resolve() : reject(error))),
  );
}
