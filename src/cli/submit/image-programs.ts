import type { SubmitDescription } from '#submit/parse-submit.ts';

/**
 * Says of jobs whose program does not travel that it is the image's: an input of the same name is not to be run in its place.
 * condor_submit leaves that out, because there a job never has both.
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
