import * as z from 'zod';
import { jobFile, relativePath } from './file.ts';

/** From so many bytes on, the outputs of a result travel as a file: a list of them, one JSON text a line. */
export const longestInlineOutputs = 2 ** 20;

/** The largest such file, in bytes. */
export const maxOutputListBytes = 16 * 2 ** 20;

/** Files and folders that one job may bring back. */
export const mostOutputs = 10_000;

/** A line of the list: a file, or a folder without a file in it. */
export const outputLine = z.union([jobFile, z.object({ folder: relativePath })]);
