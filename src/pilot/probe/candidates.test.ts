import { expect, it } from 'vitest';
import { apptainerCandidates } from './candidates.ts';

it('looks at the order first, then along PATH, then where this project installs', () => {
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
