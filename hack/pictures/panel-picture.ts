import { nameOfLine } from '#testing/grafana-query.ts';
import type { Span } from '#testing/prometheus-api.ts';
import { graph } from './graph.ts';
import { escaped } from './markup.ts';
import { colour, last, type NamedLine } from './named-line.ts';
import type { Line } from './run-record.ts';
import { inUnit } from './unit.ts';

/** What of a panel's JSON decides how it looks. */
export interface PanelJson {
  readonly type: string;
  readonly title?: string;
  readonly targets?: readonly { readonly expr?: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: {
    readonly defaults?: {
      readonly unit?: string;
      readonly custom?: { readonly stacking?: { readonly mode?: string } };
    };
  };
}

interface Place {
  readonly width: number;
  readonly height: number;
  readonly span: Span;
  readonly marks: readonly (readonly [from: number, to: number])[];
}

type Answers = Readonly<Record<string, readonly Line[]>>;

/** The inside of a panel below its title. */
export function panelPicture(panel: PanelJson, answers: Answers, place: Place): string {
  const unit = panel.fieldConfig?.defaults?.unit ?? 'short';
  if (panel.type === 'stat') return stat(linesOf(panel, answers), unit, place);
  if (panel.type === 'table') return table(panel, answers, unit);
  return timeSeries(panel, linesOf(panel, answers), unit, place);
}

const linesOf = ({ targets = [] }: PanelJson, answers: Answers): NamedLine[] =>
  targets.flatMap(({ expr = '', legendFormat = '' }) =>
    (answers[expr] ?? []).map(({ labels, values }) => ({ name: nameOfLine(legendFormat, labels), values })),
  );

function timeSeries(panel: PanelJson, lines: readonly NamedLine[], unit: string, place: Place): string {
  if (lines.length === 0) return nothing;
  const isStacked = panel.fieldConfig?.defaults?.custom?.stacking?.mode === 'normal';
  const height = place.height - 20 * legendRows(lines, place.width) - 8;
  const entries = lines.map(
    ({ name }, index) => `<span><i style="background:${colour(index)}"></i>${escaped(name)}</span>`,
  );
  return `${graph(lines, { ...place, height, unit, isStacked })}<div class="legend">${entries.join('')}</div>`;
}

/** How many lines a legend takes; letters are about 7 pixels wide. */
function legendRows(lines: readonly NamedLine[], width: number): number {
  let rows = 1;
  let used = 0;
  for (const { name } of lines) {
    const wide = 34 + 7 * name.length;
    if (used + wide > width) {
      rows += 1;
      used = 0;
    }
    used += wide;
  }
  return rows;
}

/** The last number, large, with its past below. */
function stat(lines: readonly NamedLine[], unit: string, { width, height }: Place): string {
  const [line] = lines;
  const value = line === undefined ? undefined : last(line.values);
  if (line === undefined || value === undefined) return nothing;
  const max = Math.max(...line.values.map((each) => each ?? 0)) || 1;
  const known = line.values.map((each, index) => ({ each, index })).filter(({ each }) => each !== null);
  const x = (index: number) => (index / Math.max(1, line.values.length - 1)) * width;
  const y = (each: number) => height - 2 - (each / max) * (height * 0.45);
  const points = known.map(({ each, index }) => `${x(index).toFixed(1)},${y(each ?? 0).toFixed(1)}`);
  const first = x(known[0]?.index ?? 0);
  const end = x(known.at(-1)?.index ?? 0);
  return `<svg width="${width}" height="${height}"><polygon points="${first},${height} ${points.join(' ')} ${end},${height}" fill="${colour(0)}" fill-opacity="0.15"/><polyline points="${points.join(' ')}" fill="none" stroke="${colour(0)}" stroke-width="1.3"/><text x="${width / 2}" y="${height * 0.48}" class="number">${escaped(inUnit(value, unit))}</text></svg>`;
}

/** A row for each line that there is at the end, the largest first. */
function table({ targets = [] }: PanelJson, answers: Answers, unit: string): string {
  const lines = targets.flatMap(({ expr = '' }) => answers[expr] ?? []);
  const rows = lines
    .flatMap(({ labels, values }) => {
      const value = values.at(-1);
      return value == null ? [] : [{ labels, value }];
    })
    .sort((a, b) => b.value - a.value)
    .slice(0, 8);
  if (rows.length === 0) return nothing;
  const names = [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))].filter(
    (name) => name !== '__name__',
  );
  const cell = (text: string) => `<td>${escaped(text)}</td>`;
  const body = rows.map(
    ({ labels, value }) =>
      `<tr>${names.map((name) => cell(labels[name] ?? '')).join('')}${cell(inUnit(value, unit))}</tr>`,
  );
  const head = [...names, 'Value'].map((name) => `<th>${escaped(name)}</th>`);
  return `<table><tr>${head.join('')}</tr>${body.join('')}</table>`;
}

const nothing = '<p class="nothing">No data</p>';
