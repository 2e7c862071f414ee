import { cpus } from 'node:os';

/** What holds for every figure. */
export const here = `pool and clients as processes of their own on the same ${cpus().length} cores, everything durable`;

const mebi = 2 ** 20;

export const mebibytes = (bytes: number): number => bytes / mebi;
