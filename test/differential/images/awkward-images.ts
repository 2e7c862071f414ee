import type { LayerEntries } from '#testing/image-layout.ts';

const directory = (name: string, mode = 0o755) => [`${name}/`, { type: 'directory', mode }] as const;
const file = (name: string, content: string, mode = 0o644) => [name, { content, mode }] as const;
const symlink = (name: string, linkname: string) => [name, { type: 'symlink', linkname }] as const;
const hardLink = (name: string, linkname: string) => [name, { type: 'link', linkname }] as const;

/** Images that have gone wrong somewhere, by what is awkward about them. */
export const awkwardImages: Readonly<Record<string, readonly LayerEntries[]>> = {
  whiteouts: [
    [
      directory('a'),
      file('a/1', '1'),
      file('a/2', '2'),
      directory('a/sub'),
      file('a/sub/3', '3'),
      file('b', 'b'),
    ],
    [file('a/.wh.1', ''), file('.wh.b', ''), file('c', 'c')],
    [file('a/.wh.sub', ''), file('a/1', 'again')],
  ],
  'opaque directories': [
    [directory('d'), file('d/old', '1'), directory('d/deep'), file('d/deep/old', '2')],
    [directory('d'), file('d/.wh..wh..opq', ''), file('d/new', '3')],
    [directory('d/deep'), file('d/deep/new', '4')],
  ],
  'hard links across layers': [
    [file('one', 'shared'), hardLink('two', 'one')],
    [hardLink('three', 'one'), file('.wh.two', '')],
    [file('one', 'changed')],
  ],
  'device nodes': [
    [
      directory('dev'),
      ['dev/null', { type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 }],
      ['dev/loop0', { type: 'block-device', devmajor: 7, devminor: 0, mode: 0o660 }],
      file('x', 'x'),
    ],
  ],
  'setuid, and files that nobody may read': [
    [
      file('su', 'program', 0o4755),
      file('group', 'program', 0o2711),
      file('secret', 'key', 0o600),
      file('nothing', '', 0o000),
      directory('private', 0o700),
      file('private/key', 'key', 0o400),
      directory('tmp', 0o1777),
    ],
  ],
  'extended attributes': [
    [['ping', { content: 'program', mode: 0o755, pax: { 'SCHILY.xattr.user.note': 'kept by some' } }]],
  ],
  'long names': [
    [
      directory('d'.repeat(150)),
      file(`${'d'.repeat(150)}/${'e'.repeat(150)}`, 'long'),
      symlink('link', `${'d'.repeat(150)}/${'e'.repeat(150)}`),
      file('ünïcode – name', 'u'),
    ],
  ],
  'entries of one kind over another': [
    [
      directory('folder'),
      file('folder/in', '1'),
      file('file', '2'),
      symlink('link', 'file'),
      directory('kept', 0o700),
    ],
    [
      file('folder', 'now a file'),
      directory('file'),
      file('file/in', '3'),
      directory('kept', 0o755),
      file('kept/a', '4'),
    ],
    [file('link', 'now a file')],
  ],
  'links as parents': [
    [directory('usr'), directory('usr/bin'), symlink('bin', 'usr/bin'), symlink('sbin', '/usr/bin')],
    [file('bin/one', '1'), file('sbin/two', '2')],
  ],
  'parents that no layer names': [[file('a/b/c/d', '1')], [file('a/b/.wh.c', ''), file('a/e', '2')]],
};
