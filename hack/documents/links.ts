import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { visibleText } from './visible-text.ts';

/** What is wrong with the links of the documents to each other, and with the paths that they name in code. */
export function linkComplaints(documents: ReadonlyMap<string, string>, root: string): string[] {
  return [...documents].flatMap(([file, text]) => {
    const lines = visibleText(text).split('\n');
    return lines.flatMap((line, index) =>
      [...brokenLinks(line, file, documents, root), ...missingPaths(line, file, root)].map(
        (complaint) => `${file}:${index + 1}: ${complaint}`,
      ),
    );
  });
}

const link = /\]\(([^)\s]+)\)/g;

function brokenLinks(
  line: string,
  file: string,
  documents: ReadonlyMap<string, string>,
  root: string,
): string[] {
  return [...line.matchAll(link)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const place = path === '' ? file : normalize(join(dirname(file), path));
    if (!existsSync(join(root, place))) return [`${target} leads to ${place}, which does not exist`];
    const text = documents.get(place);
    if (anchor === undefined || (text !== undefined && anchorsOf(text).has(anchor))) return [];
    return [`${place} has no heading with the anchor #${anchor}`];
  });
}

/** A path in code, without a pattern or a placeholder in it. Decisions tell of their time, so theirs may be gone. */
const path = /`(?:node )?((?:src|test|docs|hack|examples|charts|crds)\/[\w./-]+)[^`]*`/g;

function missingPaths(line: string, file: string, root: string): string[] {
  if (file.startsWith('docs/decisions/') || file === 'CHANGELOG.md') return [];
  return [...line.matchAll(path)]
    .filter(([whole, name = '']) => !/[*{<…]/.test(whole) && !existsSync(join(root, name)))
    .map(([, name]) => `${name} does not exist`);
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of visibleText(text).matchAll(/^#+ +(.*)$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}
