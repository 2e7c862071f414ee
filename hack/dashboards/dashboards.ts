import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { groups } from './groups.ts';
import { operator } from './operator.ts';
import { pilots } from './pilots.ts';
import { pool } from './pool.ts';

/** The dashboards that the chart installs, by the name of the file. */
export const dashboards = (): Readonly<Record<string, Dashboard>> => ({
  pool: pool(),
  groups: groups(),
  pilots: pilots(),
  operator: operator(),
});

interface PanelQuery {
  /** Of the panel or the mark. */
  readonly title: string;
  readonly expr: string;
  /** How its lines are named; a mark has none. */
  readonly legend?: string | undefined;
}

/** Every query of every panel and of every mark of a dashboard. */
export function queriesOf({ panels, annotations }: Dashboard): PanelQuery[] {
  const marks = (annotations?.list ?? []).flatMap(({ name, expr }) =>
    expr === undefined ? [] : [{ title: name, expr }],
  );
  const ofPanels = (panels ?? []).flatMap((panel) =>
    'targets' in panel
      ? ((panel.targets ?? []) as readonly { expr?: string; legendFormat?: string }[]).flatMap(
          ({ expr, legendFormat: legend }) =>
            expr === undefined ? [] : [{ title: panel.title ?? '', expr, legend }],
        )
      : [],
  );
  return [...ofPanels, ...marks];
}
