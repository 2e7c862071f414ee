import type { SubmitDescription } from '#submit/parse-submit.ts';

/**
 * Marks jobs whose program does not travel as running the program of their image: an input of the same name must not run
 * instead. condor_submit does not write this attribute, because there a job never has both.
 */
export function withImagePrograms(description: SubmitDescription): SubmitDescription {
  const { cluster, procs } = description;
  const isOfImage = procs.map(({ inputs }) => !inputs.some(({ executable }) => executable));
  const says = { TransferExecutable: 'false' };
  if (!isOfImage.includes(true)) return description;
  if (!isOfImage.includes(false)) return { ...description, cluster: { ...cluster, ...says } };
  const told = procs.map((proc, at) =>
    isOfImage[at] ? { ...proc, attributes: { ...proc.attributes, ...says } } : proc,
  );
  return { ...description, procs: told };
}
