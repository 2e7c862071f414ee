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

/** Every query of every panel and of every mark of a dashboard, with the panel's title. */
export function queriesOf({
  panels,
  annotations,
}: Dashboard): { readonly title: string; readonly expr: string }[] {
  const marks = (annotations?.list ?? []).flatMap(({ name, expr }) =>
    expr === undefined ? [] : [{ title: name, expr }],
  );
  const ofPanels = (panels ?? []).flatMap((panel) =>
    'targets' in panel
      ? ((panel.targets ?? []) as readonly { expr?: string }[]).flatMap(({ expr }) =>
          expr === undefined ? [] : [{ title: panel.title ?? '', expr }],
        )
      : [],
  );
  return [...ofPanels, ...marks];
}
