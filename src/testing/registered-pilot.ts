import type { GlideinLine } from './glidein-line.ts';
import { ScriptedPilot } from './scripted-pilot.ts';

/** A slot, as texts, in which jobs with a container and files run. */
export const containerSlot = (requirements: string) => ({
  Cpus: '4',
  Memory: '4096',
  Disk: '100000000',
  GPUs: '0',
  Arch: '"X86_64"',
  CondorVersion: '"$CondorVersion: 25.14.1 2026-09-01 BuildID: x $"',
  HasFileTransfer: 'true',
  HasContainer: 'true',
  HasSandboxImage: 'true',
  Requirements: requirements,
});

/** A pilot that a site has announced to the pool of `line`, and that takes the jobs which its requirements allow. */
export async function registeredPilot(
  line: GlideinLine,
  uid: string,
  requirements = 'true',
): Promise<ScriptedPilot> {
  const slot = containerSlot(requirements);
  const group = { name: 'test', template: slot, wanted: 1, decision: 'One', limits: [], phases: {} };
  const bid = { groups: [group], pilots: [{ uid, name: uid, group: 'test', registered: false }] };
  const { status } = await line.post('/v1/bidders/here', await line.token('here', 'operator'), bid);
  if (status !== 200) throw new Error(`the pool answered the bid with ${status}`);
  return ScriptedPilot.start({ url: line.url, uid, token: await line.token(uid, 'pilot'), slot });
}
