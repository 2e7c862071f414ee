import { expect, it } from 'vitest';
import { publishedNames } from './published-names.ts';

it.each([
  [
    'debian:12',
    [
      'registry.hub.docker.com/library/debian:12',
      'docker.io/library/debian:12',
      'library/debian:12',
      'debian:12',
    ],
  ],
  ['org/tool:1', ['registry.hub.docker.com/org/tool:1', 'docker.io/org/tool:1', 'org/tool:1']],
  [
    'debian',
    [
      'registry.hub.docker.com/library/debian:latest',
      'docker.io/library/debian:latest',
      'library/debian:latest',
      'debian:latest',
      'debian',
    ],
  ],
  [
    'registry.example.org:5000/a/b/tool',
    ['registry.example.org:5000/a/b/tool:latest', 'a/b/tool:latest', 'a/b/tool'],
  ],
  [
    'docker.io/org/tool@sha256:ab',
    ['registry.hub.docker.com/org/tool@sha256:ab', 'docker.io/org/tool@sha256:ab', 'org/tool@sha256:ab'],
  ],
])(
  'the image %s of a registry is searched for by each name under which sites publish it',
  (reference, names) => {
    expect(publishedNames(reference)).toEqual(names);
  },
);
