import { expect, it, vi } from 'vitest';
import { Advertised } from './advertised.ts';

const node = { Cpus: '4', HasCvmfs: 'true' };

it('a slot is advertised as the node is until a part of the pilot says more', () => {
  const advertised = new Advertised(node, () => {});
  expect(advertised.slot).toEqual(node);
  advertised.contribute('services', {
    HasService_triton: true,
    Score: 2.5,
    Start: { expression: 'Cpus > 1' },
  });
  expect(advertised.slot).toEqual({ ...node, HasService_triton: 'true', Score: '2.5', Start: 'Cpus > 1' });
});

it('a part of the pilot overrides what the probe found, whatever the case of the name', () => {
  const advertised = new Advertised(node, () => {});
  advertised.contribute('validation', { hascvmfs: false });
  expect(advertised.slot).toEqual({ ...node, HasCvmfs: 'false' });
});

it('what a part of the pilot no longer says is gone, and what others say stays', () => {
  const advertised = new Advertised(node, () => {});
  advertised.contribute('services', { A: 1, B: 2 });
  advertised.contribute('validation', { C: 3 });
  advertised.contribute('services', { A: 1 });
  expect(advertised.slot).toEqual({ ...node, A: '1', C: '3' });
});

it('a change of the advertised slot is told once, and the same words again are no change', () => {
  const changed = vi.fn();
  const advertised = new Advertised(node, changed);
  advertised.contribute('services', { A: 1 });
  const { slot } = advertised;
  advertised.contribute('services', { A: 1 });
  expect(changed).toHaveBeenCalledTimes(1);
  expect(advertised.slot).toBe(slot);
});
