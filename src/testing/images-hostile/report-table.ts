import { cacheBound, freeBound, type HostileRun, memoryBound } from './hostile-run.ts';
import type { ImagesHostileReport } from './images-hostile.ts';

/** What a soak of hostile images has shown, for people: each figure with and without them, beside what was promised. */
export function reportTable({
  good,
  goodBytes,
  attacks,
  toFail,
  alone,
  beside,
}: ImagesHostileReport): string {
  const row = (what: string, of: (run: HostileRun) => string, promised: string): readonly string[] => [
    what,
    alone === undefined ? '' : of(alone),
    of(beside),
    promised,
  ];
  const rows = [
    ['', `${good} good images`, `and ${attacks} others`, 'promised'],
    ['---', '---', '---', '---'],
    row('memory of all processes', ({ samples }) => mebibytes(samples.memory.all), mebibytes(memoryBound)),
    row('of the publisher itself', ({ samples }) => mebibytes(samples.memory.publisher), ''),
    row('of the largest worker', ({ samples }) => mebibytes(samples.memory.worker), ''),
    row('layer cache', ({ samples }) => mebibytes(samples.layers), mebibytes(cacheBound)),
    row('images directory, at most', ({ samples }) => mebibytes(samples.mostImages), ''),
    row('images directory, at the end', ({ samples }) => mebibytes(samples.images), mebibytes(goodBytes)),
    row('free on the volume, at least', ({ samples }) => mebibytes(samples.leastFree), mebibytes(freeBound)),
    row('killed for memory', ({ kills }) => String(kills ?? 'no group'), '0'),
    row('failed by their reason', ({ failed }) => String(failed), String(toFail)),
    row(
      'good images of another registry live after',
      ({ elsewhereLiveAfter }) => seconds(elsewhereLiveAfter),
      '',
    ),
    row('all good images live after', ({ goodLiveAfter }) => seconds(goodLiveAfter), ''),
    row('all done after', ({ took }) => seconds(took), ''),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
const seconds = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? 'never' : `${Math.round(milliseconds / 1000)} s`;
