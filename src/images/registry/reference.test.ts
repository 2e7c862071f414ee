import { expect, it } from 'vitest';
import { parseReference, referenceText } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

it.each([
  ['debian', 'docker.io/library/debian:latest'],
  ['docker://debian:12', 'docker.io/library/debian:12'],
  ['rootproject/root:6.32', 'docker.io/rootproject/root:6.32'],
  ['registry.hub.docker.com/library/debian:12', 'docker.io/library/debian:12'],
  ['index.docker.io/debian', 'docker.io/library/debian:latest'],
  ['ghcr.io/org/name', 'ghcr.io/org/name:latest'],
  ['GHCR.io/org/name', 'ghcr.io/org/name:latest'],
  ['localhost/a', 'localhost/a:latest'],
  ['127.0.0.1:5000/a/b/c:1_2.3-4', '127.0.0.1:5000/a/b/c:1_2.3-4'],
  [`ghcr.io/org/name@${digest}`, `ghcr.io/org/name@${digest}`],
  [`ghcr.io/org/name:1@${digest}`, `ghcr.io/org/name:1@${digest}`],
])('%s is %s', (text, full) => {
  const reference = parseReference(text);
  expect(referenceText(reference)).toBe(full);
  expect(parseReference(referenceText(reference))).toEqual(reference);
});

it.each([
  ['', 'a name consists of'],
  ['docker://', 'a name consists of'],
  ['Debian', 'lower-case letters'],
  ['debian:', 'a tag consists of'],
  ['debian:-1', 'a tag consists of'],
  ['debian:1:2', 'a tag consists of'],
  ['a//b', 'a name consists of'],
  ['../etc', 'the host is not one'],
  ['ghcr.io/../etc', 'a name consists of'],
  ['ghcr.io/a/../b:1', 'a name consists of'],
  ['evil.example:port/a', 'the host is not one'],
  ['debian@sha256:12', 'a digest is sha256:'],
  ['debian@md5:12', 'a digest is sha256:'],
  [`debian@${digest}@${digest}`, 'two digests'],
  [`x/${'y'.repeat(300)}`, 'more than 255 characters'],
])('"%s" is refused, because %s', (text, why) => {
  expect(() => parseReference(text)).toThrow(why);
});
