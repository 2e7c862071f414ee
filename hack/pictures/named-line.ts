import type { Line } from './run-record.ts';

/** A line with its name in the legend. */
export interface NamedLine {
  readonly name: string;
  readonly values: Line['values'];
}

/** Colours of Grafana's own palette, by the place in the legend. */
const palette = [
  '#73bf69',
  '#f2cc0c',
  '#8ab8ff',
  '#ff780a',
  '#f2495c',
  '#5794f2',
  '#b877d9',
  '#96d98d',
  '#ffcb7d',
  '#c0d8ff',
  '#ca95e5',
  '#fade2a',
];

export const colour = (index: number): string => palette[index % palette.length] ?? '';

export const last = (values: Line['values']): number | undefined =>
  values.findLast((value) => value !== null) ?? undefined;
