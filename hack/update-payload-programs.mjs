// Compiles the programs of `hack/payload-programs` for the machines that pilots run on and writes them into the sources,
// so that neither the image nor `glidein up` needs a compiler. Needs gcc for both: on Debian the packages gcc and
// gcc-aarch64-linux-gnu, on an x86-64 machine.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'hack/payload-programs');

/** The program, and the module that it becomes. */
const programs = {
  'wait-status.c': 'src/pilot/runtime/wait-status-programs.ts',
  'launch.c': 'src/pilot/runtime/launch-programs.ts',
  'enter.c': 'src/pilot/warm/enter-programs.ts',
  'join.c': 'src/pilot/session/join-programs.ts',
  'keep.c': 'src/pilot/runtime/keep-programs.ts',
};

const compilers = {
  x64: ['gcc', '-fcf-protection=none'],
  arm64: ['aarch64-linux-gnu-gcc', '-mno-outline-atomics'],
};
const flags =
  '-nostdlib -nostartfiles -static -no-pie -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-ident -Wall -Wextra -Wno-unused-function -s -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,noexecstack -Wl,-z,max-page-size=4096';

function compile(source, [compiler, ...more]) {
  const temporary = mkdtempSync(join(tmpdir(), 'glidein-payload-programs-'));
  try {
    const output = join(temporary, 'program');
    execFileSync(compiler, [...flags.split(' '), ...more, '-o', output, join(folder, source)], {
      stdio: 'inherit',
    });
    return readFileSync(output).toString('base64');
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/** A string literal, on lines that the formatter does not change. */
const literal = (text) => (text.match(/.{1,100}/g) ?? []).map((line) => `    '${line}'`).join(' +\n');

for (const [source, target] of Object.entries(programs)) {
  const digest = createHash('sha256');
  for (const file of ['system-calls.h', 'server.h', source]) digest.update(readFileSync(join(folder, file)));
  const compiled = Object.entries(compilers).map(
    ([machine, compiler]) => `  ${machine}:\n${literal(compile(source, compiler))},\n`,
  );
  writeFileSync(
    join(root, target),
    `// Made by hack/update-payload-programs.mjs of hack/payload-programs/${source}.

/** SHA-256 of the sources that the programs were compiled from: system-calls.h, server.h and ${source}. */
export const sourceDigest = '${digest.digest('hex')}';

/** Static programs for Linux in Base64, by Node's name of the machine. */
export const programs: Readonly<Record<string, string>> = {
${compiled.join('')}};
`,
  );
}
