import { expect, it } from 'vitest';
import { parseSubmit } from '#submit/parse-submit.ts';
import { withImagePrograms } from './executables.ts';

/** TransferExecutable in the ads of the jobs of a submit file. */
function told(text: string): (string | undefined)[] {
  const { cluster, procs } = withImagePrograms(
    parseSubmit(text, {
      file: 'job.sub',
      owner: 'ada',
      directory: '/home/ada',
      now: 0,
      readFile: () => undefined,
      environment: {},
      random: () => 0,
    }),
  );
  return procs.map(({ attributes }) => ({ ...cluster, ...attributes }).TransferExecutable);
}

const image = 'container_image = hello\ntransfer_input_files = data/cat\n';

it.each([
  [`${image}executable = /bin/cat\nqueue 2`, ['false', 'false']],
  [`${image}executable = cat\nqueue`, [undefined]],
  [`${image}executable = $(Item)\nqueue in (/bin/cat, cat)`, ['false', undefined]],
  ['executable = /bin/cat\nqueue', [undefined]],
  [`${image}queue`, ['false']],
])("TransferExecutable is false for the jobs whose program is the image's: %j", (text, expected) => {
  expect(told(text)).toEqual(expected);
});
