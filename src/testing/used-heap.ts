import { WebSocket } from 'ws';
import { eventually } from './eventually.ts';
import type { PoolCommand } from './pool-command.ts';

interface Answer {
  readonly id: number;
  readonly result: { readonly usedSize: number };
}

/**
 * Megabytes that a pool's heap holds once all garbage is collected, asked of its inspector. What a process has of the
 * machine's memory says less: the engine gives little of it back.
 */
export async function usedHeap(pool: PoolCommand): Promise<number> {
  if (!pool.log.includes('Debugger listening')) pool.child.kill('SIGUSR1');
  const url = await eventually(async () => {
    const found = /Debugger listening on (ws:\S+)/.exec(pool.log)?.[1];
    if (found === undefined) throw new Error('the inspector does not listen yet');
    return found;
  }, 30_000);
  const socket = new WebSocket(url);
  try {
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    await ask(socket, 1, 'HeapProfiler.collectGarbage');
    const { usedSize } = await ask(socket, 2, 'Runtime.getHeapUsage');
    return Math.round(usedSize / 2 ** 20);
  } finally {
    socket.terminate();
  }
}

function ask(socket: WebSocket, id: number, method: string): Promise<Answer['result']> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the inspector has gone')));
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString('utf8')) as Answer;
      if (answer.id === id) resolve(answer.result);
    });
    socket.send(JSON.stringify({ id, method }));
  });
}
