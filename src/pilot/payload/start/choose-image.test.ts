import { describe, expect, it } from 'vitest';
import { chooseImage, type ImageFiles, type ImageRules } from './choose-image.ts';

const rules: ImageRules = {
  path: ['/a', '/b'],
  allowed: ['/cvmfs/site'],
};

/** A file system of links and directories: each path, and its real path. A path that ends with `.sif` is a file. */
const files = (real: Record<string, string>): ImageFiles => ({
  realpath: async (path) => real[path],
  isDirectory: async (path) => !path.endsWith('.sif'),
  beginning: async () => Buffer.from('hsqs'),
  list: async (path) =>
    Object.keys(real)
      .filter((each) => each.startsWith(`${path}/`))
      .map((each) => each.slice(path.length + 1)),
});

const tree = files({
  '/a': '/a',
  '/b': '/b',
  '/cvmfs/site': '/cvmfs/site',
  '/b/hello': '/b/hello',
  '/a/el9': '/store/el9-2026',
  '/cvmfs/site/x:latest': '/cvmfs/site/.flat/1',
  '/cvmfs/site/x.sif': '/cvmfs/site/x.sif',
  '/cvmfs/site-evil': '/cvmfs/site-evil',
  '/b/out': '/etc',
  '/b/.publisher': '/b/.publisher',
});

describe('the image of a job', () => {
  it('is in the first directory that has its name, with all links followed', async () => {
    expect(await chooseImage('hello', rules, tree)).toEqual({ image: '/b/hello', isFile: false });
    expect(await chooseImage('el9', rules, tree)).toEqual({ image: '/store/el9-2026', isFile: false });
    expect(await chooseImage('/cvmfs/site/x:latest', rules, tree)).toEqual({
      image: '/cvmfs/site/.flat/1',
      isFile: false,
    });
  });

  it('is the one that the kubelet has mounted, before any that is published', async () => {
    const volumes = [{ name: 'hello', reference: 'ghcr.io/org/hello:1' }];
    const mounted = files({ '/b/hello': '/b/hello', '/opt/glidein/volumes/hello/bin': '' });
    expect(await chooseImage('hello', { ...rules, volumes }, mounted)).toEqual({
      image: '/opt/glidein/volumes/hello',
      isFile: false,
    });
  });

  it("is the pilot's default if the job names none", async () => {
    expect(await chooseImage(undefined, { ...rules, default: 'hello' }, tree)).toEqual({
      image: '/b/hello',
      isFile: false,
    });
    expect(await chooseImage(undefined, rules, tree)).toEqual({
      fault: 'image',
      reason: expect.stringMatching(
        /names no image .*container_image = NAME.*: images here: el9, hello, out/,
      ),
    });
  });

  it('is missing, and the reason says where it was searched for and what there is', async () => {
    expect(await chooseImage('helo', rules, tree)).toEqual({
      fault: 'image',
      reason:
        'there is no image "helo" on this pilot, whose operator can add it: tried /a/helo, /b/helo; images here: el9, hello, out',
    });
  });

  it.each([
    ['docker://org/tool:1', '/b/org/tool:1'],
    ['docker://org/tool:1', '/b/registry.hub.docker.com/org/tool:1'],
    ['docker://registry.example.org/org/tool:1', '/b/registry.example.org/org/tool:1'],
    ['docker://debian:12', '/b/library/debian:12'],
    ['docker://hello', '/b/hello'],
  ])('is found if it is %s and published at %s', async (name, path) => {
    expect(await chooseImage(name, rules, files({ '/b': '/b', [path]: '/b/.flat/1' }))).toEqual({
      image: '/b/.flat/1',
      isFile: false,
    });
  });

  it('is blamed on the job if it is not published, and the reason has the paths that were tried', async () => {
    expect(await chooseImage('docker://r.example.org/org/tool:1', rules, tree)).toEqual({
      fault: 'image',
      reason: expect.stringContaining(
        'tried /a/r.example.org/org/tool:1, /b/r.example.org/org/tool:1, /a/org/tool:1, /b/org/tool:1;',
      ),
    });
  });

  it.each([
    ['x', { '/etc': '/etc' }, 'there are no images there'],
    ['/cvmfs/site/y', { '/a': '/a' }, 'does not even have /cvmfs/site'],
  ])('is blamed on a pilot that has none of its directories, if it is %s', async (name, real, words) => {
    expect(await chooseImage(name, rules, files(real))).toEqual({
      fault: 'node',
      reason: expect.stringContaining(words),
    });
  });

  it.each([
    ['/etc', /no image \/etc on this pilot, whose operator can add it: images lie below \/a, \/b, /],
    ['/cvmfs/site-evil', /not allowed here/],
    ['/b/out', /not allowed here/],
    ['/cvmfs/site/x.sif', /is a file, and this group runs expanded images only/],
    ['../etc', /contains ".."/],
    ['docker://../etc', /contains ".."/],
    ['osdf:///ospool/x.sif', /cannot be fetched/],
  ])('is refused if it is %s', async (name, reason) => {
    expect(await chooseImage(name, rules, tree)).toEqual({
      fault: 'image',
      reason: expect.stringMatching(reason),
    });
  });
});
