/** A document with empty lines in place of its fenced blocks, in which nothing is a link or a heading. */
export function visibleText(text: string): string {
  let ticks: string | undefined;
  return text
    .split('\n')
    .map((line) => {
      const found = /^ *(`{3,})/.exec(line)?.[1];
      if (found === undefined) return ticks === undefined ? line : '';
      if (ticks === undefined) ticks = found;
      else if (line.trim() === ticks) ticks = undefined;
      return '';
    })
    .join('\n');
}
