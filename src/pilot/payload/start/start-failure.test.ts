import { describe, expect, it } from 'vitest';
import { readMarker } from './first-step.ts';
import { commandFailure, containerFailure } from './start-failure.ts';

/** Lines that apptainer 1.4.5 wrote. */
const said = [
  [
    'FATAL:   While checking container encryption: could not open image /x: failed to retrieve path for /x: lstat /x: no such file or directory',
    'job',
    35,
  ],
  ['FATAL:   image format not recognized', 'job', 35],
  [
    "FATAL:   container creation failed: mount hook function failure: mount /s/dev->/dev error: while mounting /s/dev: destination /dev doesn't exist in container",
    'job',
    35,
  ],
  ['FATAL:   stat /bin/sh: no such file or directory', 'job', 35],
  ['FATAL:   stat /bin/nope: no such file or directory', 'job', 6],
  ['FATAL:   "x": executable file not found in $PATH', 'job', 6],
  ['FATAL:   permission denied', 'job', 6],
  ['ERROR  : Failed to create user namespace: not allowed to create user namespace', 'pilot', 6],
  [
    "FATAL:   container creation failed: mount hook function failure: mount proc->/proc error: can't mount proc filesystem to /proc: operation not permitted",
    'pilot',
    6,
  ],
  ["FATAL:   Couldn't determine user account information: user: unknown userid 4711", 'pilot', 6],
  ['FATAL:   could not open image /cvmfs/x: lstat /cvmfs/x: transport endpoint is not connected', 'pilot', 6],
  ['FATAL:   container creation failed: while writing: no space left on device', 'pilot', 6],
  ['', 'pilot', 6],
] as const;

describe('a failure to start', () => {
  it.each(said)('with the message `%s` is blamed on the %s', (stderr, blame, holdCode) => {
    expect(containerFailure(255, `INFO: x\n${stderr}\n`.replace(/^INFO: x\n\n$/, ''))).toMatchObject({
      kind: 'startFailed',
      blame,
      holdCode,
    });
  });

  it('is told from a command that started and returned the same code', () => {
    expect(readMarker(undefined)).toBe('absent');
    expect(readMarker('127\n')).toBe('notExecuted');
    expect(readMarker('')).toBe('ran');
    expect(commandFailure('it was not found', 127)).toEqual({
      kind: 'startFailed',
      blame: 'job',
      holdCode: 6,
      subcode: 2,
      reason: 'it was not found',
    });
  });
});
