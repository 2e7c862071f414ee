import { excessSubcodes, holdCodes } from '#base/hold-codes.ts';
import type { Hold } from '../jobs/job.ts';

/** What the owner of a held job can do about it; `JOB` stands for the job. */
const cures: ReadonlyMap<number, string> = new Map([
  [holdCodes.userRequest, 'glidein release JOB lets it wait again'],
  [holdCodes.jobPolicy, 'its own policy asked for that: look at glidein logs JOB, then glidein release JOB'],
  [holdCodes.policyUndefined, 'submit it again with a policy that is true or false'],
  [holdCodes.failedToCreateProcess, 'check the executable and its arguments, and submit it again'],
  [holdCodes.openInput, 'check the name of its input, and submit it again'],
  [
    holdCodes.transferOutput,
    'correct transfer_output_files or the URLs of outputs, or let the program make these files, and submit it again; if a server was at fault, glidein release JOB',
  ],
  [holdCodes.transferInput, 'check that its inputs can be fetched, then glidein release JOB'],
  [holdCodes.submittedOnHold, 'glidein release JOB lets it wait'],
  [holdCodes.systemPolicy, 'once that is mended, glidein release JOB lets it wait again'],
  [holdCodes.inputTooLarge, 'submit it again with a higher max_transfer_input_mb, or with smaller inputs'],
  [holdCodes.outputTooLarge, 'submit it again with a higher max_transfer_output_mb, or let it leave less'],
  [
    holdCodes.invalidImage,
    'submit it again with another container_image, or ask the operator of the pilots to publish the image, then glidein release JOB',
  ],
  [
    holdCodes.jobDurationExceeded,
    'submit it again with a higher allowed_job_duration, or divide the work among several jobs',
  ],
  [holdCodes.executeExceeded, 'divide the work among several jobs, or let the program save checkpoints'],
]);

const excess: ReadonlyMap<number, string> = new Map([
  [excessSubcodes.memory, 'submit it again with more request_memory'],
  [excessSubcodes.disk, 'submit it again with more request_disk'],
  [excessSubcodes.processes, 'let it start fewer processes and threads at a time, and submit it again'],
  [excessSubcodes.openFiles, 'let it close files that it no longer needs, and submit it again'],
]);

/** What to do about a hold. A code that a job or a version to come has chosen has no cure but the release. */
export function holdCure({ code, subcode }: Hold, job: string): string {
  const more = 'submit it again with more request_memory or request_disk';
  const cure = code === holdCodes.outOfResources ? (excess.get(subcode ?? 0) ?? more) : cures.get(code);
  return (cure ?? 'glidein release JOB lets it wait again').replaceAll('JOB', job);
}
