import type { Span } from '#testing/prometheus-api.ts';
import { escaped } from './markup.ts';
import { colour, type NamedLine } from './named-line.ts';
import { clock, marksUpTo, timeMarks } from './scale.ts';
import { inUnit } from './unit.ts';

interface GraphLook {
  readonly width: number;
  readonly height: number;
  readonly unit: string;
  readonly isStacked: boolean;
  readonly span: Span;
  /** Stretches of time to mark, in seconds since 1970. */
  readonly marks: readonly (readonly [from: number, to: number])[];
}

const left = 78;
const below = 22;
const above = 8;
const right = 10;

/** Lines over time, or areas one upon the other, with both axes. */
export function graph(lines: readonly NamedLine[], look: GraphLook): string {
  const { width, height, unit, isStacked, span } = look;
  const tops = isStacked ? stacked(lines) : lines.map(({ values }) => values);
  const max = Math.max(0, ...tops.flat().map((value) => value ?? 0));
  const isCount = unit === 'short' && lines.every(({ values }) => values.every(isWhole));
  const factor = unit === 'bytes' ? 1024 ** Math.floor(Math.log(Math.max(1, max)) / Math.log(1024)) : 1;
  const ticks = marksUpTo(max / factor, isCount).map((tick) => tick * factor);
  const top = ticks.at(-1) ?? 1;
  const x = (time: number) => left + ((time - span.start) / (span.end - span.start)) * (width - left - right);
  const y = (value: number) => height - below - (Math.max(0, value) / top) * (height - below - above);
  const at = (index: number) => x(span.start + index * span.step);
  const shapes = tops.map((values, index) =>
    isStacked
      ? area(values, tops[index - 1], { at, y, colour: colour(index) })
      : strokes(values, { at, y, colour: colour(index) }),
  );
  return `<svg width="${width}" height="${height}">${[
    ...look.marks.map(([from, to]) => mark(x(from), x(to), height)),
    ...ticks.map((tick) => lineAcross(y(tick), width, inUnit(tick, unit))),
    ...timeAxis(span, x, height),
    ...(isStacked ? shapes.toReversed() : shapes),
  ].join('')}</svg>`;
}

const isWhole = (value: number | null): boolean => value === null || Number.isInteger(value);

/** The upper edge of each area. */
function stacked(lines: readonly NamedLine[]): number[][] {
  const sums: number[] = [];
  return lines.map(({ values }) =>
    values.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index];
    }),
  );
}

interface Place {
  readonly at: (index: number) => number;
  readonly y: (value: number) => number;
  readonly colour: string;
}

function area(tops: readonly (number | null)[], under: readonly (number | null)[] | undefined, place: Place) {
  const { at, y } = place;
  const upper = tops.map((value, index) => point(at(index), y(value ?? 0)));
  const lower = tops.map((_, index) => point(at(index), y(under?.[index] ?? 0))).toReversed();
  const edge = `<polyline points="${upper.join(' ')}" fill="none" stroke="${place.colour}" stroke-width="1.3"/>`;
  return `<polygon points="${[...upper, ...lower].join(' ')}" fill="${place.colour}" fill-opacity="0.4"/>${edge}`;
}

/** A line for each stretch without a gap, and a dot for each point between two gaps. */
function strokes(values: readonly (number | null)[], { at, y, colour: stroke }: Place): string {
  const stretches: string[][] = [[]];
  for (const [index, value] of values.entries())
    if (value === null) stretches.push([]);
    else stretches.at(-1)?.push(point(at(index), y(value)));
  return stretches
    .filter((stretch) => stretch.length > 0)
    .map((stretch) => {
      const [only = '0,0'] = stretch;
      const [cx, cy] = only.split(',');
      return stretch.length === 1
        ? `<circle cx="${cx}" cy="${cy}" r="1.8" fill="${stroke}"/>`
        : `<polyline points="${stretch.join(' ')}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`;
    })
    .join('');
}

const point = (x: number, y: number): string => `${x.toFixed(1)},${y.toFixed(1)}`;

const lineAcross = (y: number, width: number, text: string): string =>
  `<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" class="grid"/>` +
  `<text x="${left - 8}" y="${y + 4}" text-anchor="end">${escaped(text)}</text>`;

function timeAxis({ start, end }: Span, x: (time: number) => number, height: number): string[] {
  const marks = timeMarks(start, end);
  const withSeconds = marks.some((time) => time % 60 !== 0);
  return marks.map(
    (time) =>
      `<line x1="${x(time)}" x2="${x(time)}" y1="${above}" y2="${height - below}" class="grid"/>` +
      `<text x="${x(time)}" y="${height - 5}" text-anchor="middle">${clock(time, withSeconds)}</text>`,
  );
}

const mark = (from: number, to: number, height: number): string =>
  `<rect x="${from}" width="${Math.max(1, to - from)}" y="${above}" height="${height - below - above}" class="mark"/>` +
  `<line x1="${from}" x2="${from}" y1="${above}" y2="${height - below}" class="mark-edge"/>`;
