import { rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a program for the pilot's own use.
 * @param program in Base64
 * @returns its path
 */
export function placeProgram(path: string, program: string): string {
  // Nothing can be written to a program that still runs.
  rmSync(path, { force: true });
  writeFileSync(path, Buffer.from(program, 'base64'), { mode: 0o755 });
  return path;
}
