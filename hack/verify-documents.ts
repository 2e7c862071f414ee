// Fails, and shows where, when a document has a block that nobody tries, data that is not valid, a link that leads nowhere, or a command that does
// not exist. CONTRIBUTING.md says how blocks are marked; test/integration/documents.test.ts runs those with commands.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { glideinProgram } from '#bin/commands.ts';
import { placeOf } from '#testing/documents/block.ts';
import { documentBlocks, documents } from '#testing/documents/documents.ts';
import { hasCommands, markOf } from '#testing/documents/mark.ts';
import { wordsComplaint } from './documents/command-words.ts';
import { dataComplaint } from './documents/data-blocks.ts';
import { linkComplaints } from './documents/links.ts';
import { visibleText } from './documents/visible-text.ts';
import { silentTerminal } from './silent-terminal.ts';

const root = join(import.meta.dirname, '..');
const texts = documents();
const blocks = [...documentBlocks().values()].flat();

const complaints = [
  ...linkComplaints(texts, root),
  ...blocks.flatMap(markComplaints),
  ...(await dataComplaints()),
  ...(await wordComplaints()),
  ...metricComplaints(),
];
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
else console.log(`${texts.size} documents with ${blocks.length} blocks are in order`);

function markComplaints(block: (typeof blocks)[number]): string[] {
  if (!hasCommands(block)) return [];
  try {
    const mark = markOf(block);
    const tests = 'run' in mark ? [] : [...mark.notRun.matchAll(/\b(?:test|src)\/[\w./-]+\.ts\b/g)];
    return tests
      .filter(([test]) => !existsSync(join(root, test)))
      .map(([test]) => `${placeOf(block)}: there is no ${test}`);
  } catch (error) {
    return [(error as Error).message];
  }
}

async function dataComplaints(): Promise<string[]> {
  const found = await Promise.all(
    blocks
      .filter((block) => !hasCommands(block))
      .map(async (block) => ({ block, complaint: await dataComplaint(block) })),
  );
  return found.flatMap(({ block, complaint }) =>
    complaint === undefined ? [] : [`${placeOf(block)}: ${complaint}`],
  );
}

/** Metrics in running text that do not exist. */
function metricComplaints(): string[] {
  const reference = texts.get('docs/reference/metrics.md') ?? '';
  return [...texts].flatMap(([file, text]) =>
    isOfItsTime(file)
      ? []
      : [...text.matchAll(/`(glidein_(?:pool|group|policy|image|pilot|kube|reconcile|queue)\w+)/g)].flatMap(
          ([, name = '']) =>
            reference.includes(`\`${name}\``) ? [] : [`${file}: there is no metric ${name}`],
        ),
  );
}

/** Decisions and changes tell of what there was when they were written. */
function isOfItsTime(file: string): boolean {
  return file.startsWith('docs/decisions/') || file === 'CHANGELOG.md';
}

/** Command lines in running text. */
async function wordComplaints(): Promise<string[]> {
  const glidein = await glideinProgram(silentTerminal(), '');
  return [...texts]
    .filter(([file]) => !isOfItsTime(file))
    .flatMap(([file, text]) =>
      visibleText(text)
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(/`(glidein [^`]+)`/g)].flatMap(([, words = '']) => {
            const complaint = wordsComplaint(words, glidein);
            return complaint === undefined ? [] : [`${file}:${index + 1}: ${complaint}`];
          }),
        ),
    );
}
