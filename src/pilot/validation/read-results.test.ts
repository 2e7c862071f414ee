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

it('what only the pilot says of a slot is refused also where the slot does not say it yet', () => {
  const names = 'HasService_db ImageDigests hasdirect Requirements GLIDEIN_Services GLIDEIN_Validation_gpu';
  const output = `${names.replaceAll(' ', ' = true\n')} = true\nGLIDEIN_Rack = 7\n`;
  const { attributes, refused } = readResults(output, new Set());
  expect(attributes).toEqual({ GLIDEIN_Rack: { expression: '7' } });
  expect(refused).toHaveLength(6);
});

it('a line of almost nothing but blanks, and ten thousand attributes, keep no pilot busy', () => {
  const blanks = ' '.repeat(60_000);
  expect(readResults(`A =${blanks}\rx${blanks}\r\u2028 `, reserved).attributes).toEqual({
    A: { expression: 'x' },
  });
  const many = Array.from({ length: 10_000 }, (_, index) => `A${index} = 1`).join('\n');
  expect(readResults(many, reserved).refused).toHaveLength(20);
});
