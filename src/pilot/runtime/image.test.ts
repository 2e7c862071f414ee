import { describe, expect, it } from 'vitest';
import { chooseImage, type ImageFiles, type ImageRules } from './image.ts';

const rules: ImageRules = { path: ['/a', '/b'], allowed: ['/cvmfs/site'] };

/** A file system of links and directories: path → where it really lies. */
const files = (real: Record<string, string>): ImageFiles => ({
  realpath: async (path) => real[path],
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
  '/cvmfs/site-evil': '/cvmfs/site-evil',
  '/b/out': '/etc',
});

describe('choice of an image', () => {
  it('takes the first directory that has the name, and pins where it leads', async () => {
    expect(await chooseImage('hello', rules, tree)).toEqual({ image: '/b/hello' });
    expect(await chooseImage('el9', rules, tree)).toEqual({ image: '/store/el9-2026' });
    expect(await chooseImage('/cvmfs/site/x:latest', rules, tree)).toEqual({ image: '/cvmfs/site/.flat/1' });
  });

  it('takes the default when the job names none', async () => {
    expect(await chooseImage(undefined, { ...rules, default: 'hello' }, tree)).toEqual({ image: '/b/hello' });
    expect(await chooseImage(undefined, rules, tree)).toEqual({
      reason: expect.stringMatching(
        /names no image .*container_image = NAME.*: images here: el9, hello, out/,
      ),
    });
  });

  it('says where it has looked and what there is', async () => {
    expect(await chooseImage('helo', rules, tree)).toEqual({
      reason: 'there is no image "helo" in /a, /b; images here: el9, hello, out',
    });
    expect(await chooseImage('x', rules, files({}))).toEqual({
      reason: 'there is no image "x" in /a, /b; there are no images there',
    });
  });

  it.each([
    ['/etc', /no image \/etc on this pilot/],
    ['/cvmfs/site-evil', /not allowed here/],
    ['/b/out', /not allowed here/],
    ['../etc', /contains ".."/],
    ['docker://debian:12', /expanded images only/],
  ])('refuses %s', async (name, reason) => {
    expect(await chooseImage(name, rules, tree)).toEqual({ reason: expect.stringMatching(reason) });
  });
});
