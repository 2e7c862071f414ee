import { expect, it } from 'vitest';
import { canBeShared, missingMounts, parseMounts, payloadSteps, sealSteps } from './mounts.ts';

const mountinfo = `93 64 0:41 / / rw,nodev,relatime unbindable - overlay overlay ro,lowerdir=/a:/b
103 93 0:40 /dev /dev rw,nosuid,relatime master:21 - tmpfs tmpfs rw
104 103 0:45 / /dev/shm rw,nosuid,nodev,relatime - tmpfs tmpfs rw
114 93 0:47 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
115 93 0:22 / /sys rw,relatime master:4 - sysfs sysfs rw
127 93 254:0 /w/tmp /tmp rw,nosuid,nodev,relatime master:1 - ext4 /dev/vda rw
130 93 0:40 /etc/passwd /etc/a\\040b rw,nosuid,relatime master:21 - tmpfs tmpfs rw
132 93 254:0 /claims /srv rw,nosuid,nodev,relatime master:1 - ext4 /dev/vda rw
`;

it('everything of a warm container that payloads could write to is made read-only, with the flags that it has', () => {
  expect(sealSteps(parseMounts(mountinfo), []).join(' ')).toBe(
    [
      `mount - / - ${4 + 32 + 4096 + 1} -`,
      `mount - /dev - ${2 + 32 + 4096 + 1} -`,
      'umount /tmp',
      `mount - /etc/a b - ${2 + 32 + 4096 + 1} -`,
    ].join(' '),
  );
});

it('a warm container of root also shows what belongs to the machine read-only', () => {
  const readOnly = 32 + 4096 + 1;
  expect(sealSteps(parseMounts(mountinfo), ['/proc/sys']).join(' ')).toMatch(
    `mount - /sys - ${readOnly} - umount /tmp mount - /etc/a b - ${2 + readOnly} - mount /proc/sys /proc/sys - 4096 - mount - /proc/sys - ${14 + readOnly} -`,
  );
  expect(payloadSteps('A', 'g1-7.1', 1000, ['/proc/sys']).join(' ')).toContain(
    `mount proc /proc proc 14 - mount /proc/sys /proc/sys - 4096 - mount - /proc/sys - ${14 + readOnly} -`,
  );
});

it('a container without the mounts that each payload needs anew cannot be kept warm', () => {
  expect(missingMounts(parseMounts(mountinfo))).toEqual(['/dev/pts', '/dev/mqueue', '/var/tmp']);
});

it('a payload in a warm container sees its own directories, and no directory of another claim', () => {
  const steps = payloadSteps('A', 'g1-7.1', 1000.5, []);
  expect(steps.join(' ')).toMatch(
    /^mount tmpfs \/dev\/shm tmpfs 6 mode=1777,size=1001 mount devpts .* mount proc \/proc proc 14 - mount \/srv\/g1-7\.1\/work\/tmp \/tmp /,
  );
  expect(steps.join(' ')).toMatch(
    /mount \/srv\/g1-7\.1\/job \/dev\/shm - 4096 - umount \/srv mount \/dev\/shm \/srv - 8192 -$/,
  );
});

it('a payload in a warm container of tier B keeps the /proc of its pilot, as in a fresh one', () => {
  expect(payloadSteps('B', 'g1-7.1', 1000, [])).not.toContain('proc');
});

it.each([
  ['nothing', [], true],
  ['a read-only directory', [{ source: '/cvmfs', target: '/cvmfs', readOnly: true }], true],
  ['a directory to write to', [{ source: '/data', target: '/data', readOnly: false }], false],
  ['one where payloads have their own', [{ source: '/x', target: '/tmp/x', readOnly: true }], false],
  ['one around such a place', [{ source: '/x', target: '/var', readOnly: true }], false],
  ['one with a similar name', [{ source: '/x', target: '/srv2', readOnly: true }], true],
])('whether payloads may share a container in which the group mounts %s', (_what, mounts, shared) => {
  expect(canBeShared(mounts)).toBe(shared);
});
