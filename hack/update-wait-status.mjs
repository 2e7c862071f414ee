// Compiles `hack/wait-status/wait-status.c` for the machines that pilots run on and writes the programs into the
// sources, so that neither the image nor `glidein up` needs a compiler. Needs gcc for both: on Debian the packages
// gcc and gcc-aarch64-linux-gnu, on an x86-64 machine.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const source = join(root, 'hack/wait-status/wait-status.c');
const target = join(root, 'src/pilot/runtime/wait-status-programs.ts');

const compilers = { x64: ['gcc'], arm64: ['aarch64-linux-gnu-gcc', '-mno-outline-atomics'] };
const flags =
  '-nostdlib -nostartfiles -static -no-pie -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-ident -fcf-protection=none -Wall -Wextra -s -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,noexecstack -Wl,-z,max-page-size=4096';

function compile([compiler, ...more]) {
  const folder = mkdtempSync(join(tmpdir(), 'glidein-wait-status-'));
  const arch = compiler === 'gcc' ? flags : flags.replace(' -fcf-protection=none', '');
  try {
    const output = join(folder, 'program');
    execFileSync(compiler, [...arch.split(' '), ...more, '-o', output, source], { stdio: 'inherit' });
    return readFileSync(output).toString('base64');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A string literal, on lines that the formatter does not change. */
const literal = (text) => (text.match(/.{1,100}/g) ?? []).map((line) => `    '${line}'`).join(' +\n');

const programs = Object.entries(compilers).map(
  ([machine, compiler]) => `  ${machine}:\n${literal(compile(compiler))},\n`,
);
const digest = createHash('sha256').update(readFileSync(source)).digest('hex');
writeFileSync(
  target,
  `// Made by hack/update-wait-status.mjs of hack/wait-status/wait-status.c.

/** SHA-256 of the source that the programs were compiled from. */
export const sourceDigest = '${digest}';

/** Static programs for Linux in Base64, by Node's name of the machine. */
export const programs: Readonly<Record<string, string>> = {
${programs.join('')}};
`,
);
