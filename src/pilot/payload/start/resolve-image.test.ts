import { expect, it } from 'vitest';
import { pilotSpec } from '#spec/pilot.ts';
import { isKept } from './resolve-image.ts';

const remote = (...urls: string[]) =>
  pilotSpec.parse({ cpus: 1, memory: '1Gi', runtime: { images: { files: 'Published', remote: { urls } } } })
    .runtime.images.remote;

it.each([
  ['https://site.org/kept/tool.sif', true],
  ['HTTPS://Site.org:443/kept/./tool.sif?v=2', true],
  ['https://site.org/other/tool.sif', false],
  ['https://site.org/kept/../other/tool.sif', false],
  ['https://site.org/kept/%2e%2e/other/tool.sif', false],
  ['https://site.org.example/kept/tool.sif', false],
  ['https://site.org@example/kept/tool.sif', false],
  ['http://site.org/kept/tool.sif', false],
])(
  'the image file at %s is kept (%s) if the group keeps those below a folder of a host',
  (imageUrl, kept) => {
    expect(isKept({ imageUrl }, remote('https://site.org/kept/'))).toBe(kept);
    // However the group writes the same.
    expect(isKept({ imageUrl }, remote('https://Site.org:443/kept/'))).toBe(kept);
  },
);
