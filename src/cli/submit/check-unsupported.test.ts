import { expect, it } from 'vitest';
import { parseSubmit } from '#submit/parse-submit.ts';
import { checkUnsupported } from './check-unsupported.ts';

function check(more: string): string[] {
  const text = `executable = /bin/sh\ntransfer_executable = false\n${more}\nqueue 2\n`;
  return checkUnsupported(
    parseSubmit(text, {
      file: 'job.sub',
      owner: 'alice',
      directory: '/home/alice',
      now: 1,
      environment: {},
      random: () => 0,
      readFile: () => undefined,
      listFiles: () => [],
    }),
  );
}

it.each([
  ['transfer_plugins = abc=plugin.py', 'pilots run only the plug-ins of their group'],
  ['log = job.log\nlog_xml = true', 'the event log is always text'],
  ['+SingularityImage = "osdf:///ospool/tool"', 'pilots do not fetch images by osdf://'],
  ['oras://me:secret@site/tool?secret', 'images by oras://, as in oras://site/tool'],
  ['should_transfer_files = NO', 'pilots share no file system'],
  ['request_gpus = 1\ngpus_minimum_memory = 4000', 'require_gpus is ignored'],
  ['+WantCheckpointSignal = true', 'a job saves its work when it chooses to'],
  ['my.Site = "$$(GLIDEIN_Site)"', 'Site takes a value from the slot with $$(…)'],
])('%s is refused with advice, not accepted and forgotten', (more, message) => {
  const isImage = /^(\/|[a-z]+:)/.test(more);
  const image = isImage || more.includes('Singularity') ? '' : 'hello\n';
  expect(() => check(`container_image = ${image}${isImage ? more : `\n${more}`}`)).toThrow(
    expect.objectContaining({
      code: 'Unsupported',
      message: expect.stringContaining(message),
      cure: expect.stringMatching(/\w/),
    }),
  );
});

it.each([
  ['max_job_retirement_time = 5', 'max_job_retirement_time has no effect'],
  ['job_lease_duration = 60', 'job_lease_duration has no effect'],
  ['accounting_group_user = bob', 'accounting_group_user has no effect'],
  [
    'transfer_input_files = a, s3://bucket/b',
    'transfers files by s3:// run this job, because of s3://bucket/b;',
  ],
  ['+TransferInput = "file:///a"', 'transfers files by file:// run this job'],
  ['output_destination = osdf:///site/out', 'transfers files by osdf:// run this job'],
  ['transfer_output_remaps = "a = b; c = osdf:///site/c?secret"', 'because of osdf:///site/c;'],
])('%s causes one warning, because it has no effect here or only some pilots can do it', (more, message) => {
  expect(check(`container_image = hello\n${more}`)).toEqual([expect.stringContaining(message)]);
});

it.each(['docker://org/tool:1', 'https://site/tool.sif', '/images/tool.sif', '/cvmfs/site/tool'])(
  'the image %s is accepted, because some pilots may run it',
  (image) => {
    expect(check(`container_image = ${image}`)).toEqual([]);
  },
);

it.each([
  'periodic_hold = false\nperiodic_remove = JobStatus == 5\n+PeriodicRemove = true\nperiodic_vacate = true',
  'periodic_release = true\nleave_in_queue = true\nallowed_job_duration = 3\nallowed_execute_duration = 3',
  'on_exit_hold_reason = "x"\non_exit_hold_subcode = 3\nperiodic_hold_reason = "y"',
  'max_transfer_output_mb = -1',
  'transfer_input_files = a, https://site/b?c, HTTP://site/d',
  '+SingularityImage = "/cvmfs/image"',
  '+SingularityImage = "docker://org/tool:1"',
  'max_retries = 3\nrank = Memory\npriority = 5\nbatch_name = fits\nwhen_to_transfer_output = ON_SUCCESS',
  'on_exit_hold = ExitCode != 0',
  'accounting_group = physics',
  'accounting_group = physics\naccounting_group_user = alice',
  'nice_user = true',
  'output_destination = https://site/out',
  'transfer_output_remaps = "a = b; c = https://site/c"',
  'transfer_output_remaps = "a = b; c = /data/c"\nlog = job.log\nlog_xml = false',
])('%s causes no warning, because it is supported', (more) => {
  expect(check(more)).toEqual([]);
});

it.each(['local', 'scheduler'])(
  "the universe %s is refused, because it asks to run on the submitter's machine",
  (universe) => {
    expect(() => check(`universe = ${universe}`)).toThrow('jobs only run in pilots');
  },
);
