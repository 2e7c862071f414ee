/** A fenced block of a Markdown file. */
export interface Block {
  /** From the root of the checkout. */
  readonly file: string;
  /** Of the opening fence, counted from 1. */
  readonly line: number;
  /** The word after the fence; empty if there is none. */
  readonly language: string;
  /** What the HTML comment on the line before it says. */
  readonly comment: string | undefined;
  readonly text: string;
}

const fence = /^( *)(`{3,})([^`]*)$/;
const commentLine = /^ *<!-- (.*) -->$/;

/** The fenced blocks of a Markdown file, in their order. */
export function blocksOf(file: string, text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indent = '', ticks = '', language = ''] = fence.exec(lines[at] ?? '') ?? [];
    if (ticks === '') continue;
    const from = at + 1;
    const end = lines.findIndex((line, index) => index >= from && line.trim() === ticks);
    at = end === -1 ? lines.length : end;
    const inside = lines
      .slice(from, at)
      .map((line) => line.slice(line.startsWith(indent) ? indent.length : 0));
    blocks.push({
      file,
      line: from,
      language: language.trim(),
      comment: commentBefore(lines, from - 1),
      text: inside.map((line) => `${line}\n`).join(''),
    });
  }
  return blocks;
}

/** A blank line may be between the comment and the fence. */
function commentBefore(lines: readonly string[], fenceAt: number): string | undefined {
  const at = lines[fenceAt - 1]?.trim() === '' ? fenceAt - 2 : fenceAt - 1;
  return commentLine.exec(lines[at] ?? '')?.[1];
}

/** Where a block is, for messages. */
export const placeOf = (block: Block): string => `${block.file}:${block.line}`;
