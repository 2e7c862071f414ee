import { resolve } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { wordsComplaint } from '../../hack/documents/command-words.ts';
import { dataComplaint } from '../../hack/documents/data-blocks.ts';
import { linkComplaints } from '../../hack/documents/links.ts';

/** What `hack/verify-documents.ts` notices in documents, shown by documents that are wrong. */

const root = resolve(import.meta.dirname, '../..');
/** A command line with some of the commands and options of the real one. */
function someGlidein(): Command {
  const glidein = new Command('glidein').option('--pool <POOL>');
  for (const name of ['q', 'submit', 'drain']) glidein.command(name).option('--dry-run');
  glidein.command('images').command('add').option('--images <DIR>');
  return glidein;
}

const block = (language: string, text: string, comment?: string) =>
  dataComplaint({ file: 'a.md', line: 1, language, comment, text });

test.each([
  ['[to](docs/gone.md)', /README\.md:3: docs\/gone\.md leads to docs\/gone\.md, which does not exist/],
  ['[to](#nowhere)', /README\.md:3: README\.md has no heading with the anchor #nowhere/],
  ['see `src/pool/gone.ts`', /README\.md:3: src\/pool\/gone\.ts does not exist/],
])('"%s" in a document is reported with its place', (line, complaint) => {
  const found = linkComplaints(new Map([['README.md', `# A title, and *more*\n\n${line}\n`]]), root);
  expect(found).toEqual([expect.stringMatching(complaint)]);
});

test('links to documents, to headings as GitHub names them, and to what is elsewhere are right, and code has none', () => {
  const text =
    '# It’s `so`: a/b\n\n## Twice\n\n## Twice\n\n[a](#its-so-ab) [b](#twice-1) [c](LICENSE) [d](https://example.org/x)\n\n```sh\n[e](nowhere)\n```\n';
  expect(linkComplaints(new Map([['README.md', text]]), root)).toEqual([]);
});

test.each([
  ['', 'x', undefined, /write the language of the block after its fence, one of sh/],
  ['bash', 'x', undefined, /one of sh, .*, not bash/],
  ['json', '{', undefined, /JSON/],
  ['yaml', 'pilot: {}', undefined, /kind/],
  ['yaml', 'pilot: {cpu: 1}', 'part of: GlideinGroup.spec', /cpu/],
  ['yaml', 'pilot: {cpus: one}', 'part of: GlideinGroup.spec', /number|integer/],
  ['yaml', 'a: 1', 'part of: Group', /there is no kind Group; the kinds are GlideinGroup/],
  ['yaml', 'kind: Pod\napiVersion: v1\n', undefined, /no resource of ours/],
  ['submit', 'executable = a\nreqest_cpus = 1\nqueue\n', undefined, /reqest_cpus/],
])('a %s block with %j (%s) is refused', async (language, text, comment, complaint) => {
  expect(await block(language, text, comment)).toMatch(complaint);
});

test.each([
  ['text', 'anything'],
  ['json', '{"a": 1}'],
  ['yaml', 'pilot: {cpus: 2}', 'part of: GlideinGroup.spec'],
  ['yaml', 'a: 1', 'not checked: it is of another program'],
  ['submit', 'executable = a\nrequest_cpus = 2\nqueue x from list\n'],
])('a %s block with %j (%s) is accepted', async (...[language, text, comment]) => {
  expect(await block(language, text, comment)).toBeUndefined();
});

test.each([
  ['glidein submit --dry-run FILE', undefined],
  ['glidein images add --images DIR', undefined],
  ['glidein --pool NAMESPACE/NAME q', undefined],
  ['glidein help drain', undefined],
  ['glidein sumbit', 'there is no command glidein sumbit'],
  ['glidein drain --al', 'glidein drain has no option --al'],
  ['glidein images add --deep', 'glidein add has no option --deep'],
])('of "%s" it is said: %s', (line, complaint) => {
  expect(wordsComplaint(line, someGlidein())).toBe(complaint);
});
