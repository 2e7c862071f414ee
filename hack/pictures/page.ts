import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { escaped } from './markup.ts';
import { type PanelJson, panelPicture } from './panel-picture.ts';
import type { RunRecord } from './run-record.ts';
import { clock } from './scale.ts';

/** Pixels of the page. */
export const pageWidth = 1280;
const margin = 12;
const gap = 8;
const head = 52;
/** Grafana's height of a line of its grid, with the gap below it. */
const lineHeight = 30;
const titleHeight = 28;

interface Page {
  readonly html: string;
  readonly height: number;
}

/** A dashboard as Grafana lays it out, drawn from the answers to its queries. */
export function page(name: string, dashboard: Dashboard, { span, answers }: RunRecord): Page {
  const panels = (dashboard.panels ?? []) as readonly (PanelJson & Placed)[];
  const ofOne = answers[name] ?? {};
  const marks = marksOf(dashboard, ofOne, span);
  const boxes = panels.map((panel) => {
    const box = boxOf(panel);
    const style = `left:${box.x}px;top:${box.y}px;width:${box.width}px;height:${box.height}px`;
    const title = `<h2>${escaped(panel.title ?? '')}</h2>`;
    if (panel.type === 'row')
      return `<div class="row" style="${style}"><span>⌄</span>${escaped(panel.title ?? '')}</div>`;
    const inside = { width: box.width - 16, height: box.height - titleHeight - 8, span, marks };
    return `<div class="panel" style="${style}">${title}${panelPicture(panel, ofOne, inside)}</div>`;
  });
  const bottom = Math.max(...panels.map((panel) => boxOf(panel).y + boxOf(panel).height));
  const range = `${clock(span.start, false)} to ${clock(span.end, false)} UTC`;
  const top = `<h1>${escaped(dashboard.title ?? '')}</h1><p class="choices">${choices(dashboard)}<b>${range}</b></p>`;
  return { html: document(top + boxes.join('')), height: bottom + margin };
}

interface Placed {
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

function boxOf({ gridPos }: Placed) {
  const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 24, h: 8 };
  const column = (pageWidth - 2 * margin + gap) / 24;
  return {
    x: Math.round(margin + x * column),
    y: head + y * lineHeight,
    width: Math.round(w * column - gap),
    height: h * lineHeight - gap,
  };
}

const choices = ({ templating }: Dashboard): string =>
  (templating?.list ?? [])
    .map(({ name, label, type }) => [label ?? name, type === 'datasource' ? 'Prometheus' : 'All'])
    .map(([label, chosen]) => `<span>${escaped(label ?? '')}</span><b>${chosen}</b>`)
    .join('');

/** The stretches of time in which the query of a mark had an answer. */
function marksOf({ annotations }: Dashboard, answers: RunRecord['answers'][string], span: RunRecord['span']) {
  const lines = (annotations?.list ?? []).flatMap(({ expr }) => answers[expr ?? ''] ?? []);
  const steps = lines[0]?.values.length ?? 0;
  const isMarked = Array.from({ length: steps }, (_, at) => lines.some(({ values }) => values[at] != null));
  const stretches: [number, number][] = [];
  for (const [index, marked] of isMarked.entries()) {
    const time = span.start + index * span.step;
    const latest = stretches.at(-1);
    if (!marked) continue;
    if (index > 0 && isMarked[index - 1] === true && latest !== undefined) latest[1] = time;
    else stretches.push([time, time]);
  }
  return stretches;
}

const document = (body: string): string => `<!doctype html><meta charset="utf-8"><style>
* { margin: 0; box-sizing: border-box }
body { background: #111217; color: #ccccdc; font: 12px Inter, 'DejaVu Sans', sans-serif; position: relative }
h1 { font-size: 18px; font-weight: 500; position: absolute; left: ${margin}px; top: 14px }
.choices { position: absolute; right: ${margin}px; top: 12px; display: flex; gap: 4px; line-height: 26px }
.choices span, .choices b { background: #181b1f; border: 1px solid #2c3235; padding: 0 8px; border-radius: 2px }
.choices span { font-weight: 500; margin-left: 6px } .choices b { font-weight: 400 }
.row { position: absolute; font-size: 15px; font-weight: 500 } .row span { margin-right: 8px; color: #9fa1ad }
.panel { position: absolute; background: #181b1f; border: 1px solid #2c3235; border-radius: 2px; padding: 0 7px }
h2 { font-size: 13px; font-weight: 500; line-height: ${titleHeight}px; white-space: nowrap; overflow: hidden }
svg { display: block } text { fill: #9fa1ad; font-size: 11px } .grid { stroke: #2a2d33 }
.number { fill: #73bf69; font-size: 34px; font-weight: 500; text-anchor: middle }
.mark { fill: #ff9830; fill-opacity: .08 } .mark-edge { stroke: #ff9830; stroke-dasharray: 4 3; stroke-opacity: .7 }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; padding-left: 10px; line-height: 18px }
.legend i { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 6px; vertical-align: middle }
table { width: 100%; border-collapse: collapse; margin-top: 4px } td, th { text-align: left; padding: 4px 8px; border-bottom: 1px solid #2a2d33 }
th { color: #6e9fff; font-weight: 500 } .nothing { text-align: center; padding-top: 60px; color: #9fa1ad }
</style><body>${body}`;
