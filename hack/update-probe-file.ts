// Writes the image file that pilots try FUSE with anew, once for each kind of processor: node hack/update-probe-file.ts [MKSQUASHFS]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exit37Program } from '../src/pilot/probe/exit-37.ts';
import { writeProbeImage } from '../src/pilot/probe/probe-image.ts';

const mksquashfs = process.argv[2] ?? 'mksquashfs';
const work = mkdtempSync(join(tmpdir(), 'glidein-probe-file-'));

/** Uncompressed, so that a test finds the program in it, and without times, so that it is always the same. */
const flags =
  '-noappend -all-root -mkfs-time 0 -all-time 0 -no-xattrs -no-fragments -nopad -noI -noD -noF -noX -quiet -no-progress';

async function fileOf(architecture: string): Promise<string> {
  const program = exit37Program(architecture);
  if (program === undefined) throw new Error(`there is no program for ${architecture}`);
  const image = join(work, architecture);
  await writeProbeImage(image, architecture);
  const file = `${image}.img`;
  execFileSync(mksquashfs, [image, file, ...flags.split(' ')]);
  return readFileSync(file).toString('base64');
}

try {
  const rows = [];
  for (const architecture of ['x64', 'arm64']) {
    const lines = ((await fileOf(architecture)).match(/.{1,104}/g) ?? []).map((line) => `    '${line}'`);
    rows.push(`  ${architecture}:\n${lines.join(' +\n')},\n`);
  }
  const text = `// Made by hack/update-probe-file.ts.

/** The probe image as a squashfs file in Base64, by Node's name of the machine; without the zeros at its end. */
export const probeFiles: Readonly<Record<string, string>> = {
${rows.join('')}};
`;
  writeFileSync(join(import.meta.dirname, '../src/pilot/probe/probe-file-content.ts'), text);
} finally {
  rmSync(work, { recursive: true, force: true });
}
