import { describe, expect, it } from 'vitest';
import { parseSubmit, type SubmitDescription } from '../parse-submit.ts';

/** The jobs of a file with these commands, as a series from two jobs on if they can be one. */
const jobsOf = (commands: string, queue = 'queue 100000000'): SubmitDescription =>
  parseSubmit(
    `executable = /bin/true\ntransfer_executable = false\ncontainer_image = a\n${commands}\n${queue}\n`,
    {
      file: 'job.sub',
      owner: 'alice',
      directory: '/home/alice',
      now: 1,
      environment: {},
      random: () => 0.5,
      readFile: () => undefined,
      shortestSeries: 2,
    },
  );

describe('a hundred million jobs', () => {
  it('that differ by their number are one proc with a placeholder', () => {
    const { procs, series, cluster } = jobsOf(
      'n = $(Process)\narguments = run $(n) of $(Cluster)\noutput = out/$(ProcId).$(Step)\n+Part = $(Process)\npriority = $(Process)\n+Same = "$(Row)$(Item)"',
    );
    expect(series).toBe(100_000_000);
    expect(procs).toEqual([
      {
        attributes: {
          Args: '"run $(ProcId) of $(ClusterId)"',
          Out: '"out/$(ProcId).$(ProcId)"',
          Part: '$(ProcId)',
          JobPrio: '$(ProcId)',
        },
        inputs: [],
      },
    ]);
    expect(cluster).toMatchObject({ Same: '"0"', Cmd: '"/bin/true"' });
  });

  it('that are all alike are one proc', () => {
    expect(jobsOf('')).toMatchObject({ series: 100_000_000, procs: [{ attributes: {}, inputs: [] }] });
  });
});

describe('jobs are listed one by one', () => {
  it.each([
    ['a function computes with the number', 'arguments = $INT(Process)'],
    ['a function chooses by the number', 'arguments = $CHOICE(Process, a, b, c)'],
    ['a number chooses the macro', 'm0 = a\nm1 = b\narguments = $(m$(Process))'],
    ['a value is random', 'arguments = $RANDOM_INTEGER(1, 9)'],
    ['a number is part of a number', '+A = 1$(Process)'],
    ['a number means a signal', 'kill_sig = 1$(Process)'],
    ['zero means nothing', 'request_gpus = $(Process)'],
    ['a number has a unit', 'request_memory = $(Process) KB'],
    ['the inputs differ', 'transfer_input_files = in.$(Process)'],
    ['the program differs', 'executable = run.$(Process)\ntransfer_executable = true'],
    ['a dollar stands before the number', 'arguments = $(DOLLAR)$(Process)'],
    ['the text for the number is there already', '+A = "$(DOLLAR)(ProcId) $(Process)"'],
  ])('if %s', (_why, commands) => {
    const { series, procs } = jobsOf(commands, 'queue 3');
    expect([series, procs.length]).toEqual([undefined, 3]);
  });

  it.each(['queue 20 x in (a)', 'queue x in (a b)'])('if they have items: %s', (queue) => {
    expect(jobsOf('arguments = $(Process)', queue).series).toBeUndefined();
  });
});
