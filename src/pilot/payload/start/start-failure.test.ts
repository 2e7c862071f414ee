import { describe, expect, it } from 'vitest';
import type { FaultClass } from '../claim/fault-class.ts';
import { faultIn, faultOf } from '../claim/payload-fault.ts';
import { readMarker } from './first-step.ts';
import { commandFailure, containerFailure } from './start-failure.ts';

/** Lines that apptainer 1.4.5 wrote. */
const said: readonly (readonly [string, FaultClass])[] = [
  [
    'FATAL:   While checking container encryption: could not open image /x: failed to retrieve path for /x: lstat /x: no such file or directory',
    'image',
  ],
  ['FATAL:   image format not recognized', 'image'],
  [
    "FATAL:   container creation failed: mount hook function failure: mount /s/dev->/dev error: while mounting /s/dev: destination /dev doesn't exist in container",
    'image',
  ],
  ['FATAL:   stat /bin/sh: no such file or directory', 'image'],
  ['FATAL:   stat /bin/nope: no such file or directory', 'user'],
  ['FATAL:   "x": executable file not found in $PATH', 'user'],
  ['FATAL:   permission denied', 'user'],
  ['FATAL:   exec /bin/sh failed: fork/exec /bin/sh: argument list too long', 'user'],
  ['ERROR  : Failed to create user namespace: not allowed to create user namespace', 'node'],
  [
    "FATAL:   container creation failed: mount hook function failure: mount proc->/proc error: can't mount proc filesystem to /proc: operation not permitted",
    'node',
  ],
  ["FATAL:   Couldn't determine user account information: user: unknown userid 4711", 'configuration'],
  ['FATAL:   could not open image /cvmfs/x: lstat /cvmfs/x: transport endpoint is not connected', 'node'],
  ['FATAL:   container creation failed: while writing: no space left on device', 'node'],
  ['', 'node'],
  [
    'FATAL:   While checking container encryption: could not open image /cvmfs/x: failed to retrieve path for /cvmfs/x: EvalSymlinks: too many links',
    'node',
  ],
  [
    'FATAL:   container creation failed: image driver mount failure: image driver squashfuse_ll instance exited with error: squashfuse_ll exited: Something went wrong trying to read the squashfs image.',
    'image',
  ],
  [
    'FATAL:   container creation failed: image driver mount failure: image driver squashfuse_ll instance exited with error: squashfuse_ll exited: fuse: failed to open /dev/fuse: Operation not permitted',
    'node',
  ],
  ['FATAL:   while extracting x.sif: exec: "unsquashfs": executable file not found in $PATH', 'node'],
  [
    "FATAL:   container creation failed: mount hook function failure: mount /data->/data error: while mounting /data: mount source /data doesn't exist",
    'configuration',
  ],
  [
    '\x1b[91mERROR  : Failed to create network namespace: maximum number of network namespaces exceeded\n\x1b[0m',
    'node',
  ],
  ['Error for command "exec": unknown flag: --compact', 'configuration'],
];

describe('a failure to start', () => {
  it.each(said)('with the message `%s` is of the class %s', (stderr, fault) => {
    const failure = containerFailure(255, stderr === '' ? '' : `INFO: x\n${stderr}\n`);
    expect(failure.fault).toBe(fault);
  });

  it.each([
    ['user', 'job', 6],
    ['image', 'job', 35],
    ['source', 'pilot', 35],
    ['node', 'pilot', 6],
    ['configuration', 'pilot', 6],
  ] as const)('of the class %s is blamed on the %s, and a job is held for it with code %i', (...row) => {
    const [fault, blame, holdCode] = row;
    expect(faultOf(faultIn(fault, 'why'))).toEqual({ kind: 'startFailed', blame, holdCode, reason: 'why' });
  });

  it('is told from a command that started and returned the same code', () => {
    expect(readMarker(undefined)).toBe('absent');
    expect(readMarker('127\n')).toBe('notExecuted');
    expect(readMarker('')).toBe('ran');
    expect(faultOf(commandFailure('it was not found', 127))).toEqual({
      kind: 'startFailed',
      blame: 'job',
      holdCode: 6,
      subcode: 2,
      reason: 'it was not found',
    });
  });
});
