import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { containerSlot } from '#testing/registered-pilot.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
const pilots: ScriptedPilot[] = [];
let job: string;
let withoutPilots: string;

/** Pilots `big` of the group `large` and `small` of the group `little`; a job of two cores runs on `big`. */
beforeAll(async () => {
  line = await GlideinLine.start();
  withoutPilots = (await status('--slots')).out;
  const slots = { big: { group: 'large', Cpus: '8' }, small: { group: 'little', Cpus: '2' } };
  const announced = Object.entries(slots).map(([uid, { group }]) => ({
    uid,
    name: uid,
    group,
    registered: false,
  }));
  await line.post('/v1/bidders/here/pilots', await line.token('here', 'operator'), {
    session: 's',
    complete: true,
    pilots: announced,
  });
  for (const [uid, { group, Cpus }] of Object.entries(slots)) {
    const slot = {
      ...containerSlot('TARGET.RequestCpus == 2 && Cpus > 4'),
      Cpus,
      TotalSlotCpus: Cpus,
      Machine: '"node-7"',
    };
    const token = await line.token(uid, 'pilot');
    pilots.push(await ScriptedPilot.start({ url: line.url, uid, token, slot, hello: { name: uid, group } }));
  }
  const text =
    'executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 2\nqueue\n';
  const { out } = await line.run(['submit', await line.file('job.sub', text)]);
  job = `${/cluster (\d+)/.exec(out)?.[1]}.0`;
  await pilots[0]?.begin(job);
  await eventually(async () => expect((await status('--claimed', '--af', 'Activity')).out).toBe('Busy\n'));
});
afterAll(async () => {
  for (const pilot of pilots) pilot.cut();
  await line.stop();
});

const status = (...words: string[]) => line.run(['status', ...words]);
const names = async (...words: string[]) => (await status(...words, '--af', 'Name')).out.trim().split('\n');

describe('status with slots', () => {
  it('lists the slots of all pilots, and how many of each group are in each state', async () => {
    const { out, code } = await status('--slots');
    expect(code).toBe(0);
    const [list = '', totals = ''] = out.split('\n\n');
    expect(list).toMatch(/^NAME +STATE +ACTIVITY +CPUS +MEM +ACTVTYTIME +OWNER +JOB\n/);
    expect(list).toMatch(/^slot1@big +Unclaimed +Idle +6 +\d+ +0\+00:0\d:\d\d$/m);
    expect(list).toMatch(
      new RegExp(`^slot1_1@big +Claimed +Busy +2 +\\d+ +0\\+00:0\\d:\\d\\d +alice +${job}$`, 'm'),
    );
    expect(list).toMatch(/^slot1@small +Unclaimed +Idle +2 /m);
    expect(totals.split('\n').map((each) => each.split(/ +/).join(' '))).toEqual([
      'GROUP@SITE TOTAL OWNER CLAIMED UNCLAIMED PREEMPTING DRAINED CPUS FREE',
      'large@here 2 0 1 1 0 0 8 6',
      'little@here 1 0 0 1 0 0 2 2',
      'Total 3 0 1 2 0 0 10 8',
      '',
    ]);
    expect((await status('-total')).out).toBe(totals);
    expect((await status('--slots', '-o', 'wide')).out).toMatch(/ OPSYS +ARCH +MACHINE +GROUP +SITE\n/);
  });

  it('says that there is no pilot if nothing narrows down the slots', () => {
    expect(withoutPilots).toBe('No pilot is registered.\n');
  });

  it('lists the slots that a constraint selects, and only those', async () => {
    expect(await names('-constraint', 'Cpus > 4')).toEqual(['slot1@big']);
    expect(await names('-constraint', 'GLIDEIN_Group == "little"')).toEqual(['slot1@small']);
    expect((await status('-constraint', 'false')).out).toBe('No slot matches.\n');
    expect(await status('-constraint', 'false', '-json')).toMatchObject({ code: 0, out: '[]\n' });
  });

  it('lists the slots that are free with --avail, and those that run jobs with --claimed', async () => {
    expect(await names('-avail')).toEqual(['slot1@big', 'slot1@small']);
    expect(await names('-avail', '-constraint', 'Cpus > 4')).toEqual(['slot1@big']);
    expect(await names('-claimed')).toEqual(['slot1_1@big']);
  });

  it('lists the slots of the slots, pilots and machines that are named, and says which is not there', async () => {
    expect(await names('slot1_1@big')).toEqual(['slot1_1@big']);
    expect(await names('BIG')).toEqual(['slot1@big', 'slot1_1@big']);
    expect(await names('node-7')).toHaveLength(3);
    expect(await names('small', 'slot1@big', '-avail')).toEqual(['slot1@big', 'slot1@small']);
    expect(await status('small', 'bigg')).toMatchObject({
      code: 4,
      out: expect.stringContaining('slot1@small'),
      err: expect.stringContaining('no slot, pilot or machine bigg is there'),
    });
    expect(await status('a"b')).toMatchObject({ code: 4, out: '' });
  });

  it('prints one line a pilot with --compact', async () => {
    const { out } = await status('-compact');
    expect(out).toMatch(/^PILOT +MACHINE +STATE +SLOTS +CPUS +FREE +MEM +FREE +GPUS\n/);
    expect(out).toMatch(/^big +node-7 +Unclaimed +1 +8 +6 /m);
    expect(out).toMatch(/^small +node-7 +Unclaimed +0 +2 +2 /m);
    expect(out).not.toContain('slot1_1');
    expect(out).toMatch(/^Total +2 +0 +0 +2 +0 +0 +10 +8$/m);
  });

  it('prints values with --af, in the form that its letters say', async () => {
    expect((await status('-af', 'Name', 'Cpus * 10')).out).toBe(
      'slot1@big 60\nslot1_1@big 20\nslot1@small 20\n',
    );
    expect((await status('-claimed', '-af:jh', 'RemoteOwner')).out).toBe(`ID   RemoteOwner\n${job}  alice\n`);
    expect((await status('-claimed', '--af-form', 'V', '--af', 'RemoteOwner')).out).toBe('"alice"\n');
    expect((await status('small', '-autoformat:r', 'Requirements')).out).toBe(
      'TARGET.RequestCpus == 2 && Cpus > 4\n',
    );
  });

  it('prints whole ads with --long, and as JSON and YAML, or the attributes that are named', async () => {
    const { out } = await status('small', '-l');
    expect(out).toMatch(/^Activity = "Idle"\nArch = "X86_64"\n/);
    expect(out).toContain('\nPartitionableSlot = true\n');
    expect((await status('small', '-long', '--attributes', 'name,Cpus')).out).toBe(
      'Cpus = 2\nName = "slot1@small"\n\n',
    );
    const ads = [
      { Name: 'slot1@big', Cpus: 6 },
      { Name: 'slot1_1@big', Cpus: 2 },
      { Name: 'slot1@small', Cpus: 2 },
    ];
    expect(JSON.parse((await status('-json', '-attributes', 'Name,Cpus')).out)).toEqual(
      ads.map((ad) => expect.objectContaining(ad)),
    );
    expect(parse((await status('--slots', '-o', 'yaml', '--attributes', 'Name,Cpus')).out)).toEqual(ads);
    expect(JSON.parse((await status('-o', 'json')).out)).toHaveProperty('bidders');
  });

  it('lists the services of pilots with --services', async () => {
    const services = `{ [ Name = "triton"; Instance = 0; Phase = "Ready"; Restarts = 2; ReadySince = ${Math.floor(Date.now() / 1000) - 90}; LastFailure = "it ended with SIGSEGV" ], [ Name = "other"; Instance = 1; Phase = "Starting" ], 7 }`;
    pilots[1]?.say({
      type: 'slot',
      slot: { ...containerSlot('true'), Cpus: '2', GLIDEIN_Services: services },
    });
    await eventually(async () => expect((await status('--services')).out).toContain('triton'));
    const { out } = await status('-services');
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^PILOT +SERVICE +PHASE +READY FOR +RESTARTS +LAST FAILURE$/),
      expect.stringMatching(/^small +triton +Ready +1m3\ds +2 +it ended with SIGSEGV$/),
      expect.stringMatching(/^small +other \(1\) +Starting +0$/),
      '',
    ]);
    expect(JSON.parse((await status('small', '--services', '-o', 'json')).out)).toEqual([
      expect.objectContaining({ pilot: 'small', service: 'triton', phase: 'Ready', restarts: 2 }),
      expect.objectContaining({ pilot: 'small', service: 'other', instance: 1 }),
    ]);
    expect((await status('big', '--services')).out).toBe('No pilot here has services.\n');
  });

  it('lists as many slots as --limit says, and says that there are more', async () => {
    expect(await status('-limit', '1', '--af', 'Name')).toEqual({
      code: 0,
      out: 'slot1@big\n',
      err: '(1 slot shown; there are more, and --limit all shows all)\n',
    });
    expect((await status('--slots', '--limit', '3')).err).toBe('');
  });

  it.each([
    [['--constraint', 'Cpus >'], '--constraint, column 7'],
    [['--limit', '0'], '--limit: "0" is not a number of slots'],
    [['-avail', '-claimed'], '--avail and --claimed exclude each other'],
    [['-slot'], 'Did you mean --slots?'],
    [['-sort', 'Memory'], 'has no option -sort; write --af'],
    [['--services', '--long'], '--long and --services exclude each other'],
    [['--compact', '--total'], '--compact and --total exclude each other'],
    [['--af-form', 'h'], 'there is no --af'],
    [['--af:q', 'Name'], '--af:q: there is no such format'],
    [['--attributes', 'a b'], '"a b" is not the name of an attribute'],
    [['--constrain', 'true'], 'Did you mean --constraint?'],
    [['-schedd'], 'has no option -schedd; leave it out'],
  ])('refuses %j with what to write instead', async (words, message) => {
    const { code, err } = await status(...words);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
