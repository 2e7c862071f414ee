import { describe, expect, it } from 'vitest';
import { mountedImage } from './mounted-image.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const volumes = [
  { name: 'el9', reference: `ghcr.io/org/el9@${digest}` },
  { name: 'tools', reference: 'debian:12', subPath: 'opt/tools' },
];

/** A file system with these directories, by their entries. */
const files = (directories: Record<string, readonly string[]>) => ({
  isDirectory: async (path: string) => path in directories,
  list: async (path: string) => directories[path] ?? [],
});
const root = ['bin', 'etc'];

describe('an image that the kubelet mounts', () => {
  const mounted = files({ '/opt/glidein/volumes/el9': root, '/opt/glidein/volumes/tools': root });

  it.each([
    ['el9', '/opt/glidein/volumes/el9'],
    [`docker://ghcr.io/org/el9@${digest}`, '/opt/glidein/volumes/el9'],
    ['docker://docker.io/library/debian:12', '/opt/glidein/volumes/tools'],
    ['debian:12', undefined],
    ['docker://debian:13', undefined],
    ['docker://Not a name', undefined],
  ])('is chosen by its name, or by its reference: %s', async (name, path) => {
    expect(await mountedImage(name, volumes, mounted)).toBe(path);
  });

  it('is found in its directory although the container runtime has mounted all of the image', async () => {
    const whole = files({
      '/opt/glidein/volumes/tools': ['opt'],
      '/opt/glidein/volumes/tools/opt/tools': root,
    });
    expect(await mountedImage('tools', volumes, whole)).toBe('/opt/glidein/volumes/tools/opt/tools');
  });

  it('does not count where nothing is mounted, or nothing is in it', async () => {
    expect(await mountedImage('el9', volumes, files({}))).toBeUndefined();
    expect(await mountedImage('el9', volumes, files({ '/opt/glidein/volumes/el9': [] }))).toBeUndefined();
  });
});
