import { writeFile } from 'node:fs/promises';
import { recordedAnswers, submitFiles, theirAds } from '../test/differential/submit-answers.ts';
import { ensureHtcondor } from './htcondor.mjs';
import { die } from './progress.mjs';

/** Writes down what condor_submit makes of the test's files, for machines without it: `node hack/update-submit-answers.ts`. */
async function main(): Promise<void> {
  const { root, version } = await ensureHtcondor();
  const answers = await theirAds(root, submitFiles());
  await writeFile(recordedAnswers, `${JSON.stringify(Object.fromEntries(answers), undefined, 2)}\n`);
  console.log(`${answers.size} answers of HTCondor ${version}`);
}

main().catch(die);
