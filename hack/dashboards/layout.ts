import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

type Panels = NonNullable<Dashboard['panels']>;
type Panel = Panels[number];

/** Columns of Grafana's grid. */
const columns = 24;

/**
 * Places panels line by line: a title of a section has a line of its own, numbers that follow each other share one evenly, and of
 * other panels there are two to a line. The last of an odd number is as wide as the page.
 */
export function placed(panels: Panels): Panels {
  const done: Panels = [];
  let y = 0;
  for (const line of linesOf(panels)) {
    const width = Math.floor(columns / line.length);
    const height = Math.max(...line.map(heightOf));
    for (const [index, panel] of line.entries())
      done.push({ ...panel, gridPos: { x: index * width, y, w: width, h: height } });
    y += height;
  }
  return done;
}

function linesOf(panels: Panels): Panels[] {
  const lines: Panels[] = [];
  for (const panel of panels) {
    const last = lines.at(-1);
    const fits = last?.[0] !== undefined && mostOf(last[0]) === mostOf(panel) && last.length < mostOf(panel);
    if (fits) last.push(panel);
    else lines.push([panel]);
  }
  return lines;
}

const most: Readonly<Record<string, number>> = { row: 1, stat: 6 };

const mostOf = ({ type }: Panel): number => most[type] ?? 2;

const heights: Readonly<Record<string, number>> = { row: 1, stat: 4 };

const heightOf = ({ type }: Panel): number => heights[type] ?? 8;
