import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { placed } from './layout.ts';

export interface Section {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

interface DashboardText {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly sections: readonly Section[];
  /** Labels that a reader may choose values of, with the metric that has them. */
  readonly variables?: readonly { readonly label: string; readonly metric: string }[];
  /** What is drawn as a mark on every panel while it is true. */
  readonly marks?: readonly { readonly name: string; readonly expr: string }[];
}

const datasource = { type: 'prometheus', uid: '${datasource}' };

/** A dashboard whose data source, and further choices, are variables at its top. */
export function dashboard({
  uid,
  title,
  description,
  sections,
  variables = [],
  marks = [],
}: DashboardText): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['glidein'])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('datasource').type('prometheus').label('Data source'));
  for (const { label, metric } of variables)
    builder.withVariable(
      new QueryVariableBuilder(label)
        .label(label)
        .datasource(datasource)
        .query(`label_values(${metric}, ${label})`)
        .includeAll(true)
        .multi(true)
        .allValue('.*'),
    );
  for (const { name, expr } of marks)
    builder.annotation(
      new AnnotationQueryBuilder()
        .name(name)
        .datasource(datasource)
        .enable(true)
        .expr(expr)
        .iconColor('orange')
        .hide(false),
    );
  for (const section of sections) {
    builder.withRow(new RowBuilder(section.title));
    for (const panel of section.panels) builder.withPanel(panel);
  }
  const built = builder.build();
  return { ...built, panels: placed(built.panels ?? []) };
}
