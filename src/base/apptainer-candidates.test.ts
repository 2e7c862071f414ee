import { expect, test } from 'vitest';
import { apptainerCandidates } from './apptainer-candidates.ts';

test('Apptainer is searched for where the order says, then along PATH, then where glidein installs it', () => {
  expect(apptainerCandidates('/opt/a', { PATH: '/usr/bin::relative:/bin', HOME: '/home/u' })).toEqual([
    '/opt/a',
    '/usr/bin/apptainer',
    '/bin/apptainer',
    '/home/u/.cache/glidein/apptainer/current/bin/apptainer',
  ]);
  expect(apptainerCandidates(undefined, { XDG_CACHE_HOME: '/c', HOME: '/h' })).toEqual([
    '/c/glidein/apptainer/current/bin/apptainer',
  ]);
});
