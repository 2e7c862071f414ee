import { expect, it } from 'vitest';
import { pilotSpec } from './pilot.ts';
import { slotAttributes } from './slot-attributes.ts';

it('a slot says which images it runs: directories, also of images in registries, and image files if its group wants them', () => {
  const slotWith = (files?: string) =>
    slotAttributes(pilotSpec.parse({ cpus: 1, memory: '1Gi', runtime: { images: { files } } }), 'X86_64');
  expect(slotWith('Published')).toMatchObject({ HasSIF: true });
  expect(slotWith()).toMatchObject({
    HasContainer: true,
    HasSandboxImage: true,
    HasDockerURL: true,
    HasDocker: true,
    HasSingularity: true,
    HasSIF: false,
  });
});

it('a slot has the attributes that its group declares, but they cannot redefine what a slot is', () => {
  const attributes = { Site: 'north', Mips: 7000, cpus: 99, Cpus: 99, ARCH: 'AARCH64' };
  const slot = slotAttributes(pilotSpec.parse({ cpus: 1, memory: '1Gi', attributes }), 'X86_64');
  expect(slot).toMatchObject({ Site: 'north', Mips: 7000, Cpus: 1, Arch: 'AARCH64' });
});

it('a slot says that it fetches inputs by HTTP and HTTPS, which jobs with URLs require', () => {
  const slot = slotAttributes(pilotSpec.parse({ cpus: 1, memory: '1Gi' }), 'X86_64');
  expect(slot).toMatchObject({ HasFileTransfer: true, HasFileTransferPluginMethods: 'http,https' });
});

it('a slot without containers says so, and takes only jobs that ask for one', () => {
  const spec = { cpus: 1, memory: '1Gi', runtime: { mode: 'Direct', images: { files: 'FromJobs' } } };
  const slot = slotAttributes(pilotSpec.parse(spec), 'X86_64');
  expect(slot).toMatchObject({
    HasDirect: true,
    HasContainer: false,
    HasSIF: false,
    Requirements: { expression: 'Start && (TARGET.WantDirect =?= true)' },
  });
  expect(slot).not.toHaveProperty('HasSingularity');
});

it('a slot lists the schemes of directories and plug-ins that its group names', () => {
  const transfer = {
    directories: [{ path: '/data' }],
    plugIns: [{ path: '/opt/plug-in', schemes: ['osdf', 'https'] }],
  };
  const slot = slotAttributes(pilotSpec.parse({ cpus: 1, memory: '1Gi', transfer }), 'X86_64');
  expect(slot).toMatchObject({ HasFileTransferPluginMethods: 'http,https,file,osdf' });
});
