/** The size of the cache of input files, relative to the disk that the pilot offers to jobs; it comes on top of that disk. */
const share = 1 / 5;

/** Bytes; a smaller cache would be of no use. */
const least = 256 * 2 ** 20;

/** The most bytes that the cache of input files keeps. @param disk bytes that the pilot offers to jobs */
export const cacheBytes = (disk: number): number => Math.ceil(Math.max(least, disk * share));
