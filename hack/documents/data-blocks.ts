import { parse } from 'yaml';
import { readManifests } from '#api/manifest.ts';
import { imageSetSpec } from '#spec/image-set.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import type { Block } from '#testing/documents/block.ts';
import { wholeManifest } from './whole-manifest.ts';

/** What is wrong with a block that is data; undefined if it is right, or says why nobody can tell. */
export async function dataComplaint(block: Block): Promise<string | undefined> {
  const check = checks[block.language];
  if (check === undefined) return languageComplaint(block.language);
  if (/^not checked: .{10,}$/.test(block.comment ?? '')) return undefined;
  try {
    return await check(block);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Languages of blocks in which nothing can be checked. */
const plainLanguages = ['text', 'mermaid', 'dockerfile', 'markdown'];

const checks: Readonly<Record<string, (block: Block) => string | undefined | Promise<string | undefined>>> = {
  yaml: yamlComplaint,
  json: ({ text }) => void JSON.parse(text),
  submit: submitComplaint,
};

function languageComplaint(language: string): string | undefined {
  if (plainLanguages.includes(language)) return undefined;
  const known = ['sh', 'console', ...Object.keys(checks), ...plainLanguages].join(', ');
  return `write the language of the block after its fence, one of ${known}${language === '' ? '' : `, not ${language}`}`;
}

/** Manifests are read as `glidein up` and the API server read them; a part of one is read in the place that the comment names. */
function yamlComplaint({ text, comment = '' }: Block): string | undefined {
  const part = /^part of: (.+)$/.exec(comment)?.[1];
  if (part === 'a publisher’s specification') {
    imageSetSpec.parse(parse(text));
    return undefined;
  }
  const manifest = part === undefined ? text : wholeManifest(part, text);
  const { resources, problems } = readManifests([{ file: 'block', text: manifest }]);
  if (problems.length > 0) return problems.map(({ message, cure }) => `${message} (${cure})`).join('; ');
  return resources.length > 0
    ? undefined
    : 'no resource of ours is in it: say what it is part of, <!-- part of: GlideinGroup.spec -->, or why it is not checked';
}

/** Whatever files a submit file names are there, and empty. */
function submitComplaint({ text }: Block): string | undefined {
  const { warnings } = parseSubmit(text, {
    file: 'block.sub',
    owner: 'reader',
    directory: '/home/reader',
    now: 1_800_000_000,
    readFile: () => 'one\n',
    listFiles: () => ['one'],
    environment: { HOME: '/home/reader' },
    random: () => 0.5,
  });
  return warnings.length === 0 ? undefined : warnings.map(({ message }) => message).join('; ');
}
