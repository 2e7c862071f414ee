import { describe, expect, it } from 'vitest';
import { kinds } from './kinds.ts';
import { referenceText } from './reference-text.ts';

const lines = referenceText(Object.values(kinds)).split('\n');

describe('referenceText', () => {
  it('has a row for each field with its type, bounds, default and meaning', () => {
    expect(lines).toContain(
      '| `limits.maxPilots` | integer, 0 to 100000 | `100` | The most pilots at the same time. |',
    );
    expect(lines).toContain('| `pilot.memory` | quantity | *required* | Memory that the pilot offers. |');
    expect(lines.some((line) => line.startsWith('| `status.reservedNumbers.ranges[].from` |'))).toBe(true);
  });

  it('keeps every table cell in its row', () => {
    const rows = lines.filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(250);
    expect(rows.filter((row) => row.replaceAll('\\|', '').split('|').length !== 6)).toEqual([]);
  });

  it('lists each refused combination once', () => {
    const rules = lines.filter((line) => line.startsWith('- `spec`: '));
    expect(rules.length).toBeGreaterThanOrEqual(2);
    expect(new Set(rules).size).toBe(rules.length);
  });
});
