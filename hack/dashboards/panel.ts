import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** A query, and how its series are named: a text with `{{label}}`. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface PanelText {
  readonly title: string;
  /** What a reader concludes from it, in a sentence. */
  readonly says: string;
  /** Grafana's name of the unit, such as `s`, `percentunit`, `bytes`, `short`. */
  readonly unit?: string;
}

const datasource = { type: 'prometheus', uid: '${datasource}' };

const targets = (queries: readonly Query[]): Builder<Dataquery>[] =>
  queries.map(({ expr, legend }, index) =>
    new DataqueryBuilder()
      .expr(expr)
      .legendFormat(legend)
      .refId(String.fromCharCode(65 + index))
      .datasource(datasource),
  );

/** Lines over time. */
export const lines = ({ title, says, unit = 'short' }: PanelText, ...queries: Query[]): TimeSeriesBuilder =>
  new TimeSeriesBuilder()
    .title(title)
    .description(says)
    .unit(unit)
    .min(0)
    .datasource(datasource)
    .targets(targets(queries))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));

/** Parts of a whole over time, one upon the other. */
export const stack = (text: PanelText, ...queries: Query[]): Builder<Panel> =>
  lines(text, ...queries)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal));

/** One number now. */
export const number = ({ title, says, unit = 'short' }: PanelText, query: Query): Builder<Panel> =>
  new StatBuilder()
    .title(title)
    .description(says)
    .unit(unit)
    .datasource(datasource)
    .targets(targets([query]))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));

/** The largest now, a row each. */
export const table = ({ title, says, unit = 'short' }: PanelText, query: Query): Builder<Panel> =>
  new TableBuilder()
    .title(title)
    .description(says)
    .unit(unit)
    .datasource(datasource)
    .targets([
      new DataqueryBuilder()
        .expr(query.expr)
        .legendFormat(query.legend)
        .instant()
        .format(PromQueryFormat.Table)
        .refId('A')
        .datasource(datasource),
    ])
    // The time of the question is in every row of the answer.
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true } } });
