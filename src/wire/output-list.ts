import * as z from 'zod';
import { jobFile, relativePath } from './file.ts';

/** Above this many bytes, the outputs of a result travel as a file in the spool that lists them, one JSON text per line. */
export const longestInlineOutputs = 2 ** 20;

/** The largest such file, in bytes. */
export const maxOutputListBytes = 16 * 2 ** 20;

/** The most files and folders that one job may bring back. */
export const mostOutputs = 10_000;

/** A line of the list: a file or an empty folder. */
export const outputLine = z.union([jobFile, z.object({ folder: relativePath })]);
