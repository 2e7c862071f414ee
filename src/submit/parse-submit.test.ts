import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { parseExpression } from '#classad/parser.ts';
import { commandNames } from './attributes/commands.ts';
import { substituteCluster } from './language/cluster-number.ts';
import { parseSubmit, type SubmitOptions } from './parse-submit.ts';

const options: SubmitOptions = {
  file: 'job.sub',
  owner: 'ada',
  directory: '/home/ada/work',
  now: 1_800_000_000.7,
  readFile: () => undefined,
  environment: { HOME: '/home/ada', PATH: '/bin', SECRET: 'x' },
  random: () => 0.5,
};

const parse = (text: string, more: Partial<SubmitOptions> = {}) => parseSubmit(text, { ...options, ...more });

/** The error of a submit file that must be refused. */
function refused(text: string, more: Partial<SubmitOptions> = {}): GlideinError {
  try {
    parse(text, more);
  } catch (error) {
    if (error instanceof GlideinError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const minimal = 'executable = run.sh\nqueue\n';

describe('parseSubmit', () => {
  test('makes one idle job with the defaults of condor_submit from a minimal file', () => {
    const { cluster, procs, warnings } = parse(minimal);
    expect(warnings).toEqual([]);
    expect(procs).toEqual([
      { attributes: {}, inputs: [{ path: '/home/ada/work/run.sh', name: 'run.sh', executable: true }] },
    ]);
    expect(cluster).toMatchObject({
      Cmd: '"/home/ada/work/run.sh"',
      Iwd: '"/home/ada/work"',
      In: '"/dev/null"',
      Out: '"/dev/null"',
      Err: '"/dev/null"',
      JobUniverse: '5',
      JobStatus: '1',
      JobPrio: '0',
      Rank: '0.0',
      RequestCpus: '1',
      RequestMemory: '128',
      RequestDisk: 'MAX({ 1024,(TransferInputSizeMB + 1) * 1.25 }) * 1024',
      Requirements: expect.stringContaining('(TARGET.Memory >= RequestMemory)'),
      LeaveJobInQueue: 'false',
      JobLeaseDuration: '2400',
      Owner: '"ada"',
      User: '"ada"',
      QDate: '1800000000',
      NumJobStarts: '0',
    });
    expect(cluster).not.toHaveProperty('RequestGPUs');
    expect(cluster).not.toHaveProperty('ClusterId');
  });

  test('makes fifty jobs that differ only in the attributes that mention the process', () => {
    const { cluster, procs } = parse(`
      executable            = analyse.py
      arguments             = "--seed $(Process) 'two words'"
      transfer_input_files  = data/part-$INT(Process,%03d).root, common.json
      output                = out.$(Cluster).$(Process)
      queue 50
    `);
    expect(procs).toHaveLength(50);
    expect(Object.keys(procs[0]!.attributes).sort()).toEqual(['Arguments', 'Out', 'TransferInput']);
    expect(procs[7]).toEqual({
      attributes: {
        Arguments: `"--seed 7 two' 'words"`,
        Out: '"out.$(ClusterId).7"',
        TransferInput: '"data/part-007.root,common.json"',
      },
      inputs: [
        { path: '/home/ada/work/data/part-007.root', name: 'part-007.root', executable: false },
        { path: '/home/ada/work/common.json', name: 'common.json', executable: false },
        { path: '/home/ada/work/analyse.py', name: 'analyse.py', executable: true },
      ],
    });
    expect(cluster.Cmd).toBe('"/home/ada/work/analyse.py"');
    expect(substituteCluster(procs[7]!.attributes, 12).Out).toBe('"out.12.7"');
  });

  test('reads items from a file, from lines and from words, and repeats each by the count', () => {
    const head = 'executable = a\narguments = $(Item) $(ItemIndex) $(Row) $(Step) $(ProcId)\n';
    const of = (text: string, more = {}) => parse(text, more).procs.map((proc) => proc.attributes.Args);
    expect(of(`${head}queue 2 in (x, y)`)).toEqual([
      '"x 0 0 0 0"',
      '"x 0 0 1 1"',
      '"y 1 1 0 2"',
      '"y 1 1 1 3"',
    ]);
    const own = 'executable = a\narguments = $(b)-$(a)\n';
    const rows = ['"two, 2-one"', '"4-three"'];
    expect(of(`${own}queue a,b from (\n one, two, 2\n # none\n three 4\n)`)).toEqual(rows);
    const readFile = (path: string) =>
      path === '/home/ada/work/list.txt' ? 'one, two, 2\n\n  three 4\n' : undefined;
    expect(of(`${own}queue a b from list.txt`, { readFile })).toEqual(rows);
    expect(of(`${own}b=z\nqueue a in (\n p q\n r)`)).toEqual(['"z-p"', '"z-q"', '"z-r"']);
  });

  test("accepts the name of an attribute as a command; the command's own name wins, except for the two transfer commands", () => {
    const of = (text: string) => parse(`executable = a\n${text}\n${minimal}`).cluster;
    expect(of('PeriodicRemove = x').PeriodicRemove).toBe('x');
    expect(of('PeriodicRemove = x\nperiodic_remove = y').PeriodicRemove).toBe('y');
    expect(of('periodic_remove = y\nPeriodicRemove = x').PeriodicRemove).toBe('y');
    expect(of('periodic_remove =\nPeriodicRemove = x').PeriodicRemove).toBe('x');
    expect(of('should_transfer_files = IF_NEEDED\nShouldTransferFiles = YES').ShouldTransferFiles).toBe(
      '"YES"',
    );
    expect(of('In = x\nOut = y')).toMatchObject({ In: '"/dev/null"', Out: '"/dev/null"' });
  });

  test('keeps both kinds of event notes with the job', () => {
    expect(
      parse(`executable = a\nsubmit_event_notes = n\nsubmit_event_user_notes = u\n${minimal}`).cluster,
    ).toMatchObject({
      SubmitEventNotes: '"n"',
      SubmitEventUserNotes: '"u"',
    });
  });

  test('keeps the attributes of a DAG and of a project with the job', () => {
    const of = (text: string) => parse(`executable = a\n${text}\n${minimal}`).cluster;
    expect(of('dag_node_name = B\ndagman_job_id = 7\nproject_name = p')).toMatchObject({
      DAGNodeName: '"B"',
      DAGManJobId: '7',
      ProjectName: '"p"',
    });
  });

  test('refuses a token with how to bring it along, and warns that request_cpu asks for nothing', () => {
    expect(refused(`executable = a\nuse_scitokens = true\n${minimal}`).cure).toContain('BEARER_TOKEN_FILE');
    const { cluster, warnings } = parse(`executable = a\nrequest_cpu = 4\n${minimal}`);
    expect(cluster).not.toHaveProperty('Requestcpu');
    expect(warnings[0]?.message).toContain('did you mean "request_cpus"?');
  });

  test('queues nothing for a pattern without matches, with a warning', () => {
    const { procs, warnings } = parse('executable = a\nqueue x matching *.dat');
    expect(procs).toEqual([]);
    expect(warnings.at(-1)?.message).toContain('no job is queued');
  });

  test("checks the user's own attributes, which win over those of commands regardless of case", () => {
    const { cluster } = parse(
      `executable = a\n+requestMEMORY = 512\nMY.Path = "c:\\d"\n+Id = "$(Cluster)"\n${minimal}`,
    );
    expect(cluster).toMatchObject({ RequestMemory: '512', Path: '"c:\\\\d"', Id: '"$(ClusterId)"' });
    expect(parse(`+Empty =\n${minimal}`).cluster).toMatchObject({ Empty: 'undefined' });
  });

  test('an owner in the file is refused with the advice to leave it out, and one that is undefined is left out', () => {
    const { message, cure } = refused(`+OWNER = "eve"\n${minimal}`);
    expect(message).toContain('only the pool sets OWNER');
    expect(cure).toContain('leave it out: jobs belong to whoever submits them');
    for (const name of ['+Owner', 'MY.owner'])
      expect(parse(`${name} = Undefined \n${minimal}`).cluster).toMatchObject({ Owner: '"ada"' });
  });

  test.each(['ExitCode', 'HoldReason', 'RemoteHost', 'NumHolds', 'MyType'])(
    '+%s is refused, since the pool would not keep it',
    (name) => {
      const error = refused(`executable = a\n+${name} = 3\nqueue`);
      expect(error.message).toContain(`only the pool sets ${name}`);
      expect(error.place).toMatchObject({ line: 2, column: 2 });
    },
  );

  test.each([
    ['"a"', 27, /"a" does not say which file goes where/],
    ['"a = b; c"', 34, /"c" does not say/],
    ['"a = ; b = c"', 27, /"a =" does not say/],
    ['"= b"', 27, /"= b" does not say/],
    ['a\\=b', 26, /does not say/],
  ])('refuses a rule of transfer_output_remaps that has no effect: %s', (rules, column, message) => {
    const error = refused(`executable = a\ntransfer_output_remaps = ${rules}\nqueue`);
    expect(error).toMatchObject({ code: 'InvalidSubmitFile', place: { line: 2 } });
    expect(error.place?.column).toBe(column);
    expect(error.message).toMatch(message);
  });

  test.each(['""', '"a = b;"', 'a=b', '"a b = c d ; e\\=f = g\\;h"', '"a = b = c"'])(
    'keeps rules of transfer_output_remaps as they are written: %s',
    (rules) => {
      const { cluster } = parse(`executable = a\ntransfer_output_remaps = ${rules}\nqueue`);
      expect(cluster.TransferOutputRemaps).toBe(
        `"${rules.replace(/^"(.*)"$/, '$1').replaceAll('\\', '\\\\')}"`,
      );
    },
  );

  test.each([
    ['executable = a\n+X = 1 + * 2\nqueue', 'InvalidSubmitFile', 2, 10, /MY\.X: /],
    [
      'executable = a\nrequirements = (Memory > 1) && \\\n   (Disk = 4)\nqueue',
      'InvalidSubmitFile',
      3,
      10,
      /requirements/,
    ],
    ['executable = a\nm = 1 +\nrank = $(m)\nqueue', 'InvalidSubmitFile', 3, 8, /rank/],
    ['executable = a\npriority = high\nqueue', 'InvalidSubmitFile', 2, 12, /"high" is not a whole number/],
    ['executable = a\nqueue = 3', 'InvalidSubmitFile', 2, 7, /"= 3" is not a number of jobs/],
    ['arguments = a\n', 'InvalidSubmitFile', 2, 1, /no executable/],
    ['', 'InvalidSubmitFile', 1, 1, /no executable/],
    ['arguments = a\nqueue', 'InvalidSubmitFile', 2, 1, /no executable/],
    ['executible = a\nqueue', 'InvalidSubmitFile', 2, 1, /no executable/],
    ['executable = a\nqueue x in (a\nb', 'InvalidSubmitFile', 2, 12, /does not end/],
    ['executable = a\nqueue x from none.txt', 'InvalidSubmitFile', 2, 14, /cannot read the file of items/],
    ['executable = a\nqueue x from (\n)', 'InvalidSubmitFile', 2, 1, /no items/],
    ['executable = a\nqueue many', 'InvalidSubmitFile', 2, 7, /"many" is not a number of jobs/],
    ['executable = a\nqueue 0', 'InvalidSubmitFile', 2, 1, /queues no job/],
    ['executable = a\nqueue 1000001 x in (a)', 'TooLarge', 2, 1, /more than 1000000 jobs/],
    ['executable = a\n+A = 1$(Process)\nqueue 1000001', 'TooLarge', 3, 1, /differ only by \$\(Process\)/],
    ['executable = a\nqueue 1000000001', 'TooLarge', 2, 1, /more than 1000000000 jobs/],
    ['executable = a\nqueue\narguments = 2\nqueue', 'InvalidSubmitFile', 3, 1, /queue must be the last/],
    ['executable = a\nqueue x in [1:b] (a)', 'InvalidSubmitFile', 2, 12, /not a slice/],
    ['if definde x\nendif\nexecutable = a\nqueue', 'InvalidSubmitFile', 1, 4, /not a condition/],
    ['if $(x) > 2\nendif\nexecutable = a\nqueue', 'InvalidSubmitFile', 1, 4, /not a condition/],
    ['else\nexecutable = a\nqueue', 'InvalidSubmitFile', 1, 1, /else without an if/],
    ['if 1\nelse\nelif 1\nendif', 'InvalidSubmitFile', 3, 1, /elif after else/],
    ['include : other.sub\nqueue', 'InvalidSubmitFile', 1, 11, /cannot read the file other\.sub/],
    ['include command : ls\nqueue', 'Unsupported', 1, 1, /runs a command/],
    ['executable = a\narguments @=end\none\nqueue', 'InvalidSubmitFile', 2, 1, /not closed/],
    ['executable = a\nhello world\nqueue', 'InvalidSubmitFile', 2, 1, /neither/],
    [
      'executable = a\ntransfer_input_files = in.$(Cluster)\nqueue',
      'InvalidSubmitFile',
      2,
      24,
      /cluster number/,
    ],
    ['x = $(y)\ny = $(x)\nexecutable = $(x)\nqueue', 'InvalidSubmitFile', 2, 5, /refers to itself/],
    ['universe = grid\nexecutable = a\nqueue', 'Unsupported', 1, 12, /grid/],
    ['universe = container\nexecutable = a\nqueue', 'InvalidSubmitFile', 1, 12, /needs an image/],
    [
      'executable = a\nshould_transfer_files = no\ntransfer_input_files = x\nqueue',
      'InvalidSubmitFile',
      3,
      24,
      /nothing is transferred/,
    ],
    ['executable = a\u0000b\nqueue', 'InvalidSubmitFile', 1, 15, /U\+0000/],
  ])('refuses %j with the place of the error', (text, code, line, column, message) => {
    const error = refused(text);
    expect(error.code).toBe(code);
    expect(error.place).toMatchObject({ file: 'job.sub', line, column });
    expect(error.message).toMatch(message);
    expect(error.cure).not.toBe('');
  });

  test('warns about an undefined macro with its place and the nearest name, and takes it as empty', () => {
    const { cluster, warnings } = parse(
      'executable = a\narguments = x$(procces)y $(none) $(none:z)\nqueue 3',
    );
    expect(cluster).toMatchObject({ Args: '"xy z"' });
    expect(warnings).toEqual([
      {
        isUnused: true,
        message: 'no macro defines $(procces), so it is empty; did you mean "process"?',
        place: expect.objectContaining({ file: 'job.sub', line: 2, column: 14 }),
      },
      {
        isUnused: true,
        message: expect.stringContaining('write $(none:)'),
        place: expect.objectContaining({ column: 26 }),
      },
    ]);
  });

  test('does not define $(Item) if the statement names its variables', () => {
    const args = (text: string) => {
      const { cluster, procs } = parse(`executable = a\narguments = x$(Item)y\n${text}`);
      return procs.map(({ attributes }) => attributes.Args ?? cluster.Args);
    };
    expect(args('queue f in a b')).toEqual(['"xy"', '"xy"']);
    expect(args('item = mine\nqueue f in a b')).toEqual(['"xminey"', '"xminey"']);
    expect(args('item = mine\nqueue in a b')).toEqual(['"xay"', '"xby"']);
    expect(args('item = mine\nqueue 2')).toEqual(['"xy"', '"xy"']);
  });

  test('warns about properties of GPUs without request_gpus', () => {
    const text = 'executable = a\nrequire_gpus = Capability > 4\n';
    const message = 'require_gpus has no effect, because the job requests no GPU; add request_gpus = 1';
    expect(parse(`${text}queue`).warnings).toMatchObject([{ message, place: { line: 2, column: 1 } }]);
    expect(parse(`${text}request_gpus = 1\nqueue`).warnings).toEqual([]);
  });

  test.each([
    'executable = run.sh\narguments = $(Process)',
    'executable = run.sh\narguments = $(Process)\nif false\nqueue 3\nendif\n',
  ])('queues one job for a file without a queue statement: %j', (text) => {
    const { cluster, procs } = parse(text);
    expect(procs).toHaveLength(1);
    expect({ ...cluster, ...procs[0]?.attributes }.Args).toBe('"0"');
  });

  test.each([
    ['grid', /requirements choose.*a particular batch system or another pool/],
    ['java', /executable = \/usr\/bin\/java/],
    ['parallel', /request_cpus.*several machines/],
    ['MPI', /request_cpus.*several machines/],
    ['vm', /write container.*needs a cloud/],
    ['standard', /save its state/],
    ['10', /executable = \/usr\/bin\/java/],
  ])('refuses a job of the universe %s with what to write, or where it can run', (universe, cure) => {
    expect(refused(`universe = ${universe}\n${minimal}`)).toMatchObject({
      code: 'Unsupported',
      message: expect.stringContaining('pilots cannot run jobs of the universe'),
      cure: expect.stringMatching(cure),
    });
  });

  test('suggests the misspelt command when there is no executable', () => {
    expect(refused('executible = b\nqueue').cure).toBe('there is "executible"; did you mean "executable"?');
    expect(refused('x = b\nqueue').cure).toBe('add: executable = PROGRAM');
  });

  test('refuses a URL as the executable with how to bring the program', () => {
    expect(refused('executable = https://site/run.sh\nqueue', { sizeOf: () => undefined })).toMatchObject({
      message: 'executable: the program cannot be fetched from a URL',
      cure: expect.stringContaining('transfer_input_files'),
    });
  });

  test('reports an executable with an empty value as empty, not as misspelt', () => {
    expect(refused('Executable =\nqueue')).toMatchObject({
      message: 'the executable is empty',
    });
  });

  test('reports a size with an unknown unit as such, not as a hexadecimal number', () => {
    expect(refused(`request_memory = 1XB\n${minimal}`)).toMatchObject({
      message: 'request_memory: "1XB" is not a size',
      cure: 'write one such as 512 MB or 2 GB',
    });
  });

  test('asks whether a mistyped request was meant, before it speaks of the grammar of its value', () => {
    expect(refused(`request_memroy = 1 GB\n${minimal}`).cure).toBe('did you mean "request_memory"?');
    expect(refused(`request_tapes = 1 GB\n${minimal}`).cure).toContain('write the number out');
  });

  test('takes a name that $(name) uses for a macro, and warns about all other unknown names', () => {
    const said = (line: string) => parse(`${line}\n${minimal}`).warnings.map(({ message }) => message);
    expect(said('executible = b')).toEqual([expect.stringContaining('did you mean "executable"?')]);
    expect(said('request_memry = 5')).toEqual([expect.stringContaining('did you mean "request_memory"?')]);
    expect(said('request_tapes = 1')).toEqual([]);
    expect(parse(`executible = b\n${minimal}`).warnings[0]?.place).toMatchObject({
      line: 1,
      column: 1,
      text: 'executible = b',
    });
    expect(parse(`executible = b\narguments = $(executible)\n${minimal}`).warnings).toEqual([]);
    const { warnings } = parse(
      `zebra_stripes = 4\nstream_error = yes\nnotification = never\nstream_output = yes\n${minimal}`,
    );
    expect(warnings.map(({ place }) => place.line)).toEqual([1, 2, 4]);
    expect(
      parse(`${Array.from({ length: 200 }, (_, n) => `zebra_stripes_${n} = 4`).join('\n')}\n${minimal}`)
        .warnings,
    ).toHaveLength(101);
  });

  test('evaluates if by the definitions so far, and reads included files', () => {
    const files: Readonly<Record<string, string>> = {
      '/home/ada/work/site.sub': 'request_cpus = 4\ninclude : more.sub\n',
      '/home/ada/work/more.sub': 'if defined request_cpus\npriority = 3\nendif\nrank = 1 +\n',
      '/home/ada/work/loop.sub': 'include : loop.sub\n',
    };
    const readFile = (path: string) => files[path];
    const text = (flag: string) =>
      `flag = ${flag}\nif $(flag)\nnonsense here\nelif version >= 25.0\ninclude : site.sub\nelse\nfoo bar\nendif\n` +
      `rank = 2\n${minimal}`;
    expect(parse(text('no'), { readFile }).cluster).toMatchObject({
      RequestCpus: '4',
      JobPrio: '3',
      Rank: '2',
    });
    expect(refused(text('yes'), { readFile }).place).toMatchObject({ file: 'job.sub', line: 3 });
    expect(refused(`include : site.sub\n${minimal}`, { readFile }).place).toMatchObject({
      file: 'more.sub',
      line: 4,
      text: 'rank = 1 +',
    });
    expect(refused(`include : loop.sub\n${minimal}`, { readFile }).message).toContain('8 levels deep');
    expect(parse(`include ifexist : none.sub\n${minimal}`).procs).toHaveLength(1);
  });

  test('slices items, and matches files by patterns', () => {
    const listFiles = (pattern: string) => (pattern.endsWith('*.dat') ? ['b.dat', 'a.dat', 'd.dat/'] : []);
    const args = (queue: string) => {
      const { cluster, procs } = parse(`executable = a\narguments = $(x)\nqueue x ${queue}`, { listFiles });
      return procs.map(({ attributes }) => attributes.Args ?? cluster.Args);
    };
    expect(args('matching files *.dat')).toEqual(['"a.dat"', '"b.dat"']);
    expect(args('matching dirs *.dat')).toEqual(['"d.dat/"']);
    expect(args('in [1:] (p q r)')).toEqual(['"q"', '"r"']);
    expect(args('in [::2] (p q r)')).toEqual(['"p"', '"r"']);
    expect(args('in [-1] (p q r)')).toEqual(['"r"']);
  });

  test('reads a value on several lines up to its tag', () => {
    const text = `executable = a\narguments @=end\n  one\n  two\n@end\nqueue`;
    expect(parse(text).cluster).toMatchObject({ Args: '"one two"' });
  });

  test('refuses macros that are nested too deeply, with what to do about it', () => {
    const error = refused(`executable = a\narguments = ${'$(a:'.repeat(100)}${')'.repeat(100)}\nqueue`);
    expect(error).toMatchObject({
      code: 'InvalidSubmitFile',
      place: { line: 2 },
      cure: 'define one of the inner values as a macro of its own',
    });
  });

  test('refuses macros that grow or branch without end, and does not hang', () => {
    const doubling = Array.from({ length: 60 }, (_, n) => `m${n} = $(m${n + 1})$(m${n + 1})`).join('\n');
    expect(refused(`${doubling}\nm60 = x\nexecutable = $(m0)\nqueue`).code).toBe('TooLarge');
    const self = Array.from({ length: 60 }, () => 'm = $(m)$(m)').join('\n');
    expect(refused(`m = x\n${self}\nexecutable = $(m)\nqueue`).code).toBe('TooLarge');
    expect(refused('executable = a\narguments = $(x)\nqueue x in ($(DOLLAR)(x))').message).toMatch(/itself/);
    const long = `executable = a\narguments = ${'$(x)'.repeat(2000)}\nqueue x in (${'y'.repeat(5000)})`;
    expect(refused(long).code).toBe('TooLarge');
    expect(refused('x'.repeat(70_000_000)).code).toBe('TooLarge');
  });

  test('refuses jobs with too many characters before they fill the memory', () => {
    const text = `executable = a\nlong = ${'y'.repeat(10_000)}\narguments = $(Process)$(long)\nqueue 1000000 x in (a)`;
    expect(refused(text).message).toContain('characters');
  });

  test('counts attributes and inputs of jobs against the limit, but not shared inputs', () => {
    const attributes = Array.from({ length: 60 }, (_, n) => `+A${n} = 1$(Process)`).join('\n');
    const few = { mostCharacters: 1_000_000 };
    expect(parse(`executable = a\n${attributes}\nqueue 300`, few).procs).toHaveLength(300);
    expect(refused(`executable = a\n${attributes}\nqueue 1000`, few).code).toBe('TooLarge');
    const files = Array.from({ length: 10_000 }, (_, n) => `f${n}`).join(',');
    const text = `executable = a\ntransfer_input_files = ${files}\narguments = $(Process)\nqueue 10000 x in (a)`;
    expect(parse(text).procs[9_999]!.inputs).toHaveLength(10_001);
  }, 30_000);

  test('expands 100,000 procs', () => {
    const text =
      'executable = a.sh\narguments = "$(Process) $(x)"\ntransfer_input_files = in/$(x), common\noutput = o.$(Process)\n' +
      '+Part = $(Process)\nqueue 100000 x in (p)';
    expect(parse(text).procs).toHaveLength(100_000);
  }, 30_000);

  test('returns jobs whose attributes parse, or an error with a place, whatever the text', () => {
    const word = fc.oneof(
      fc.constantFrom(
        ...commandNames,
        'queue',
        '=',
        '+X',
        'MY.Y',
        'in',
        'from',
        '(',
        ')',
        '"',
        "'",
        '\\',
        '$(',
        '$(',
      ),
      fc.constantFrom(
        '$(Process)',
        '$(x)',
        '$INT(x)',
        '$ENV(HOME)',
        '$F(x)',
        '$$(',
        '$CHOICE(1,a,b)',
        '&&',
        '5',
        'true',
      ),
      fc.string(),
    );
    const line = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));
    const assignment = fc
      .tuple(fc.constantFrom(...commandNames, '+X'), fc.array(word, { maxLength: 4 }))
      .map(([name, words]) => `${name} = ${words.join(' ')}`);
    const body = fc.array(fc.oneof(line, assignment, assignment), { maxLength: 6 });
    const file = fc
      .tuple(fc.boolean(), body)
      .map(([whole, lines]) => [...lines, ...(whole ? [minimal] : [])].join('\n'));
    fc.assert(
      fc.property(
        fc.oneof(
          file,
          fc.string(),
          assignment.map((one) => `${one}\n${minimal}`),
        ),
        (text) => {
          try {
            const { cluster, procs } = parse(text);
            for (const attributes of [cluster, ...procs.slice(0, 3).map((proc) => proc.attributes)]) {
              for (const value of Object.values(substituteCluster(attributes, 7))) parseExpression(value);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(GlideinError);
            expect(['InvalidSubmitFile', 'Unsupported', 'TooLarge']).toContain((error as GlideinError).code);
            expect((error as GlideinError).place?.line).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('expands $(Process) in any command as if the number were written out', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'arguments',
          'output',
          'initialdir',
          'batch_name',
          'priority',
          'request_memory',
          '+Mine',
        ),
        fc.integer({ min: 1, max: 20 }),
        (name, count) => {
          const { cluster, procs } = parse(`executable = a\n${name} = 1$(Process)\nqueue ${count}`);
          for (const [index, proc] of procs.entries()) {
            const alone = parse(`executable = a\n${name} = 1${index}\nqueue`);
            expect({ ...cluster, ...proc.attributes }).toEqual(alone.cluster);
            expect(proc.inputs).toEqual(alone.procs[0]?.inputs);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
