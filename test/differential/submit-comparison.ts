import type { JobAds } from './submit-answers.ts';

/** What depends on the moment, on the machine or on who asks, and so is left out of the comparison. */
const volatile: Readonly<Record<string, string>> = {
  qdate: 'the moment',
  enteredcurrentstatus: 'the moment',
  owner: 'the submitter; undefined in a dry run',
  user: 'the submitter; not there in a dry run',
  condorversion: "the submitting HTCondor's own",
  condorplatform: "the submitting HTCondor's own",
  submitversion: "the submitting HTCondor's own",
  filesystemdomain: 'the submitting machine',
  jobmaterializelimit: 'told to the schedd alone; a dry run does not print it',
};

/** A factory's dry run shows the cluster alone, without what each job has of its own. */
const ownOfJobs = ['procid', 'jobstatus'];

/** Both answers to one file, as far as they have to be equal. */
export function comparable(
  file: string,
  ours: JobAds | string,
  theirs: JobAds | string,
): readonly [ours: JobAds | string, theirs: JobAds | string] {
  const factory = typeof theirs !== 'string' && theirs[0] !== undefined && theirs[0].procid === undefined;
  return [comparableOne(file, ours, factory), comparableOne(file, theirs, factory)];
}

function comparableOne(file: string, ads: JobAds | string, factory: boolean): JobAds | string {
  // Each says in its own words why.
  if (typeof ads === 'string') return `${file}: ${ads.replace(/^(refused): .*/s, '$1')}`;
  return factory
    ? ads.slice(0, 1).map((ad) => withoutVolatile(ad, ownOfJobs))
    : ads.map((ad) => withoutVolatile(ad));
}

function withoutVolatile(ad: JobAds[number], others: readonly string[] = []): JobAds[number] {
  return Object.fromEntries(
    Object.entries(ad).filter(([name]) => !(name in volatile) && !others.includes(name)),
  );
}
