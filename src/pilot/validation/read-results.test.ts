import { expect, it } from 'vitest';
import { readResults } from './read-results.ts';

const reserved = new Set(['cpus', 'start']);

it('lines of a script become attributes as HTCondor’s startd cron reads them, and other lines say nothing', () => {
  const output = 'checking\nHasScratch = true\n  Model="A 100"  \nFree = 10 * 1024\na == b\n- end\n';
  expect(readResults(output, reserved)).toEqual({
    attributes: {
      HasScratch: { expression: 'true' },
      Model: { expression: '"A 100"' },
      Free: { expression: '10 * 1024' },
    },
    refused: [],
  });
});

it('what is no expression, says what a slot is, or is too much is refused with the reason', () => {
  expect(readResults('X = (\nCPUS = 100\n', reserved)).toEqual({
    attributes: {},
    refused: ['X is no ClassAd expression', 'CPUS says what the slot is'],
  });
  const many = Array.from({ length: 65 }, (_, index) => `A${index} = 1`).join('\n');
  expect(readResults(many, reserved).refused).toEqual(['A64 is one of more than 64']);
  expect(readResults(`A = "${'x'.repeat(5000)}"`, reserved).refused[0]).toContain('4096');
});
