import type { GlideinLine } from './glidein-line.ts';
import { containerSlot } from './registered-pilot.ts';
import { ScriptedPilot } from './scripted-pilot.ts';

/** A submit file of jobs that run in the image hello. */
export const submitFile = (more = '', queue = 1): string =>
  `executable = /bin/sh\ntransfer_executable = false\narguments = -c id\ncontainer_image = hello\n${more}\nqueue ${queue}\n`;

/** Submits jobs; by default of 64 cores, so that no pilot takes them. @returns the cluster */
export async function submitOn(line: GlideinLine, more = 'request_cpus = 64', queue = 1): Promise<string> {
  const { out, err } = await line.run(['submit', await line.file('job.sub', submitFile(more, queue))]);
  const cluster = /cluster (\d+)/.exec(out)?.[1];
  if (cluster === undefined) throw new Error(err);
  return cluster;
}

/** Pilots of one group, each for the jobs whose attribute For is its name. */
export class LinePilots {
  readonly #line: GlideinLine;
  readonly #started: ScriptedPilot[] = [];

  constructor(line: GlideinLine) {
    this.#line = line;
  }

  async start(uid: string): Promise<ScriptedPilot> {
    const line = this.#line;
    const slot = containerSlot(`TARGET.For == "${uid}"`);
    const group = {
      name: 'test',
      template: slot,
      wanted: 1,
      decision: 'One is enough',
      limits: [],
      phases: { Idle: 1, Busy: 0 },
    };
    const others = this.#started.map((_, n) => ({
      uid: `p${n}`,
      name: `p${n}`,
      group: 'test',
      registered: true,
    }));
    const bid = {
      groups: [group],
      pilots: [...others, { uid, name: uid, group: 'test', registered: false }],
    };
    const answer = await line.post('/v1/bidders/here', await line.token('here', 'operator'), bid);
    if (answer.status !== 200) throw new Error(`the pool refuses the bid: ${answer.status}`);
    const token = await line.token(uid, 'pilot');
    const pilot = await ScriptedPilot.start({ url: line.url, uid, token, slot, hello: { name: uid } });
    this.#started.push(pilot);
    return pilot;
  }

  /** Cuts the connections of all of them. */
  cut(): void {
    for (const pilot of this.#started) pilot.cut();
  }
}
