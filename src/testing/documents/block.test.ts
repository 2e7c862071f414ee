import { expect, test } from 'vitest';
import { blocksOf } from './block.ts';

const text = `# Title

<!-- run: files -->
\`\`\`sh
glidein --version
\`\`\`

- in a list:

  <!-- run: up -->

  \`\`\`\`text
  a
    b
  \`\`\`
  \`\`\`\`

\`\`\`
left open
`;

test('blocks have their language, the comment before them, their line and their text without indentation', () => {
  expect(blocksOf('a.md', text)).toEqual([
    { file: 'a.md', line: 4, language: 'sh', comment: 'run: files', text: 'glidein --version\n' },
    { file: 'a.md', line: 12, language: 'text', comment: 'run: up', text: 'a\n  b\n```\n' },
    { file: 'a.md', line: 18, language: '', comment: undefined, text: 'left open\n\n' },
  ]);
});
