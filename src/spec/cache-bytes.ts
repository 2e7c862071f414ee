/** Of the disk that a pilot offers to jobs, the share that its cache of input files may take besides. */
const share = 1 / 5;

/** Bytes; a cache that holds less is of no use. */
const least = 256 * 2 ** 20;

/** Bytes that the cache of input files keeps at most. @param disk bytes that the pilot offers to jobs */
export const cacheBytes = (disk: number): number => Math.ceil(Math.max(least, disk * share));
