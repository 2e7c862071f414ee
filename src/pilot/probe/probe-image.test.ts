import { expect, it } from 'vitest';
import { exit37Program } from './exit-37.ts';
import { probeFiles } from './probe-file-content.ts';

it.each(['x64', 'arm64'])(
  'the image file for %s contains the program that the probe expects',
  (architecture) => {
    const file = Buffer.from(probeFiles[architecture] ?? '', 'base64');
    expect(file.subarray(0, 4).toString('latin1')).toBe('hsqs');
    expect(file.includes(exit37Program(architecture) ?? 'no program')).toBe(true);
  },
);
