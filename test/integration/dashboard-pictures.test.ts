import { expect, test } from 'vitest';
import { dashboards } from '../../hack/dashboards/dashboards.ts';
import { page } from '../../hack/pictures/page.ts';
import type { Line, RunRecord } from '../../hack/pictures/run-record.ts';
import { marksUpTo, timeMarks } from '../../hack/pictures/scale.ts';
import { inUnit } from '../../hack/pictures/unit.ts';

const groups = dashboards().groups ?? expect.unreachable('there is this dashboard');

/** Four steps of a run; every query has these answers, and by default none. */
function record(answers: Readonly<Record<string, readonly Line[]>> = {}): RunRecord {
  return { span: { start: 1_800_000_000, end: 1_800_000_006, step: 2 }, answers: { groups: answers } };
}

const queryOf = (title: string): string => {
  const panel = groups.panels?.find((each) => each.title === title);
  return (panel as { targets?: { expr?: string }[] }).targets?.[0]?.expr ?? expect.unreachable(title);
};

test('a picture has every panel of its dashboard, and says where there is nothing', () => {
  const { html, height } = page('groups', groups, record());
  for (const { title = '' } of groups.panels ?? []) expect(html).toContain(title);
  const panels = (groups.panels ?? []).filter(({ type }) => type !== 'row');
  expect(html.split('No data')).toHaveLength(panels.length + 1);
  expect(height).toBeGreaterThan(1000);
});

test('a line is broken where there was nothing, and named in the legend with its labels', () => {
  const lines = [{ labels: { group: 'a<b' }, values: [1, null, 0, 1] }];
  const { html } = page('groups', groups, record({ [queryOf('Breaker')]: lines }));
  expect(html.match(/<circle/g)).toHaveLength(1);
  expect(html.match(/<polyline/g)).toHaveLength(1);
  expect(html).toContain('</i>a&lt;b</span>');
});

test('areas stand one upon the other', () => {
  const lines = ['Idle', 'Busy'].map((phase) => ({ labels: { phase }, values: [3, 3, 3, 3] }));
  const { html } = page('groups', groups, record({ [queryOf('Pilots by phase')]: lines }));
  expect(html.match(/<polygon/g)).toHaveLength(2);
  expect(html).toContain('>6</text>');
});

test('the query of a mark is a stretch in every graph', () => {
  const mark = groups.annotations?.list?.find(({ name }) => name === 'A limit bites')?.expr ?? '';
  const lines = [{ labels: { group: 'a' }, values: [null, 1, 1, null] }];
  const breaker = [{ labels: { group: 'a' }, values: [0, 0, 0, 0] }];
  const { html } = page('groups', groups, record({ [mark]: lines, [queryOf('Breaker')]: breaker }));
  expect(html.match(/class="mark"/g)).toHaveLength(1);
});

test('a table has the rows of the end of the run', () => {
  const lines = [
    { labels: { namespace: 'n', group: 'still' }, values: [0, 0, 0, 0] },
    { labels: { namespace: 'n', group: 'before' }, values: [0, 0, null, null] },
  ];
  const { html } = page('groups', groups, record({ [queryOf('Groups that are not ready')]: lines }));
  expect(html).toContain('<td>still</td>');
  expect(html).not.toContain('<td>before</td>');
});

test.each([
  [0, 's', '0 s'],
  [0.0042, 's', '4.2 ms'],
  [90, 's', '1.5 mins'],
  [0.5, 'h', '30 mins'],
  [3 * 2 ** 20, 'bytes', '3 MiB'],
  [0.333333, 'percentunit', '33.3%'],
  [1500, 'short', '1.5 K'],
  [0.25, 'ops', '0.25 ops/s'],
])('%d of the unit %s is %s', (value, unit, text) => {
  expect(inUnit(value, unit)).toBe(text);
});

test('marks of an axis go beyond the largest value, and those of counts are whole', () => {
  expect(marksUpTo(3, true)).toEqual([0, 1, 2, 3]);
  expect(marksUpTo(0, true)).toEqual([0, 1]);
  expect(marksUpTo(0.7, false)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8]);
  expect(timeMarks(30, 400)).toEqual([60, 120, 180, 240, 300, 360]);
});
