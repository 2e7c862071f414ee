import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonText } from './json-text.ts';
import { harmless } from './terminal.ts';
import { yamlText } from './yaml-text.ts';

const written = {
  agent: 'a\u009b2Jb\u007f',
  owners: { 'x\u202ey\u2028': 1, yes: 2 },
  reasons: ['two\nlines: "quoted" \\u009b', 'true', `${'long '.repeat(50)}\u0085\t\u001b`],
};

it.each([
  ['JSON', (value: unknown) => jsonText(value), (text: string): unknown => JSON.parse(text)],
  ['indented JSON', (value: unknown) => jsonText(value, 2), (text: string): unknown => JSON.parse(text)],
  ['YAML', yamlText, (text: string): unknown => parse(text)],
] as const)('%s keeps characters that a terminal would act on, and does not print them', (_, print, read) => {
  const text = print(written);
  expect(text).toBe(harmless(text));
  expect(read(text)).toEqual(written);
});
