import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { quickAlerts } from './quick-alerts.ts';

test('alerts of hours become alerts of seconds, and stay the same otherwise', () => {
  const text = `
groups:
  - name: glidein
    rules:
      - { alert: A, expr: 'rate(x[1h]) / rate(y{a="[1h"}[15m]) > 300', for: 1h, labels: { severity: info } }
`;
  expect(parse(quickAlerts(text))).toEqual({
    groups: [
      {
        name: 'glidein',
        interval: '1s',
        rules: [
          {
            alert: 'A',
            expr: 'rate(x[15s]) / rate(y{a="[1h"}[15s]) > 300',
            for: '2s',
            labels: { severity: 'info' },
          },
        ],
      },
    ],
  });
});
