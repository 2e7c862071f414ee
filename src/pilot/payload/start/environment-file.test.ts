import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentFile } from './environment-file.ts';

/** What bash reads from the file. (Apptainer's reader is a shell as well.) */
function readByBash(file: string, name: string): string {
  return execFileSync('bash', ['-c', `${file}printf '%s.' "$${name}"`], { encoding: 'utf8' }).slice(0, -1);
}

describe('the environment file', () => {
  it('keeps every character of a value', () => {
    const value = fc.string({
      unit: fc.constantFrom(...Array.from('\'"$`\\\n\r\t !#*?~=%(){}[]<>|&;aé☃')),
      maxLength: 20,
    });
    fc.assert(
      fc.property(value, (text) => {
        expect(readByBash(environmentFile(new Map([['A', text]])), 'A')).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  it('cannot contain names that no shell takes, or NUL', () => {
    for (const name of ['', '1A', 'A B', 'A-B', 'A\n', 'É']) {
      expect(() => environmentFile(new Map([[name, 'x']]))).toThrow(/cannot name an environment variable/);
    }
    expect(() => environmentFile(new Map([['A', 'x\0y']]))).toThrow(/NUL/);
  });

  it('leaves out the variables that its reader sets itself', () => {
    expect(environmentFile(new Map([['UID', '7']]))).toBe('');
  });
});
