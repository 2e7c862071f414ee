import { others } from './labelled.ts';

/** A group of pilots: two sites may have groups of the same name. */
export interface GroupLabels {
  readonly site: string;
  readonly group: string;
}

/** One name for both. */
export const groupKey = ({ site, group }: GroupLabels): string => JSON.stringify([site, group]);

export function groupLabels(key: string): GroupLabels {
  if (key === others) return { site: others, group: others };
  const [site = '', group = ''] = JSON.parse(key) as string[];
  return { site, group };
}
