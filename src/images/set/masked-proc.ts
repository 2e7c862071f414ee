/**
 * Whether something is mounted over a part of `/proc`: then the kernel lets nobody without rights mount a new one, which would show
 * what is hidden there.
 * @param mounts as `/proc/self/mountinfo` tells them
 */
export const isProcMasked = (mounts: string): boolean =>
  mounts.split('\n').some((line) => {
    const [, , , , point = ''] = line.split(' ');
    // This one hides nothing: the directory is always empty.
    return point.startsWith('/proc/') && point !== '/proc/sys/fs/binfmt_misc';
  });
