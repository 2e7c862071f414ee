import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { questionOf } from '../test/differential/classad/answers.ts';
import { randomCases } from '../test/differential/classad/differences.ts';
import type { Case } from '../test/differential/classad/expressions.ts';
import { matrixCases } from '../test/differential/classad/matrix.ts';
import { type Recorded, recordedFile } from '../test/differential/classad/recorded.ts';
import { crashed, Oracle } from '../test/differential/oracle.ts';
import { ensureHtcondor } from './htcondor.mjs';
import { die } from './progress.mjs';

/** Writes down what HTCondor answers, for the machines on which it cannot be asked: `node hack/update-classad-answers.ts`. */

const seed = 25_141;
const random = 16_000;

async function main(): Promise<void> {
  const { root, version } = await ensureHtcondor();
  await using oracle = new Oracle(root);
  const cases: Case[] = [...matrixCases(1, seed), ...randomCases(random, seed)];
  const answers = await oracle.askAll(cases.map(questionOf));
  const rows = cases.flatMap(({ expression, my, target }, index): Recorded[] => {
    const answer = answers[index] ?? null;
    return answer === crashed ? [] : [[expression, my, target, answer]];
  });
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  await writeFile(join(import.meta.dirname, '..', recordedFile), gzipSync(`${lines}\n`, { level: 9 }));
  console.log(`${rows.length} answers of HTCondor ${version} in ${recordedFile}`);
}

main().catch(die);
