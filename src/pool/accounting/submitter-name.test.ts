import { describe, expect, test } from 'vitest';
import { ClassAd } from '#classad/class-ad.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { displayName, partsOf, submitterIn, submitterOf } from './submitter-name.ts';

const named = (texts: Readonly<Record<string, string>>, owner = 'ada') =>
  submitterOf(ClassAd.fromTexts(texts), owner);

describe('the name that a job is charged to', () => {
  test.each([
    [{}, 'ada'],
    [{ AcctGroup: '"atlas"', AcctGroupUser: '"ada"', AccountingGroup: '"atlas.ada"' }, 'atlas.ada'],
    [{ AcctGroup: '"atlas.production"' }, 'atlas.production.ada'],
    [{ AccountingGroup: '"atlas.production.ada"' }, 'atlas.production.ada'],
    [{ AccountingGroup: '"atlas.grace"' }, 'atlas.ada'],
    [{ AcctGroupUser: '"grace"', AccountingGroup: '"grace"' }, 'ada'],
    [{ AcctGroup: '"nice-user"', AccountingGroup: '"nice-user.ada"' }, 'nice-user.ada'],
    [{ NiceUser: 'true' }, 'nice-user.ada'],
    [{ AcctGroup: '17' }, 'ada'],
    [{ AcctGroup: '"no group\\n"' }, 'ada'],
    [{ AcctGroup: `"${'g'.repeat(129)}"` }, 'ada'],
  ])('a job with %j is charged to %s', (texts, submitter) => {
    expect(named(texts)).toBe(submitter);
  });

  test.each([
    ['accounting_group = atlas.production', 'atlas.production.ada'],
    ['nice_user = true', 'nice-user.ada'],
    ['accounting_group = atlas\naccounting_group_user = grace', 'atlas.ada'],
  ])('the jobs of a submit file with %s are charged to %s', (line, submitter) => {
    const { cluster } = parseSubmit(`executable = a\n${line}\nqueue\n`, {
      file: 'job.sub',
      owner: 'ada',
      directory: '/home/ada',
      now: 1,
      environment: {},
      random: () => 0,
      readFile: () => undefined,
      listFiles: () => [],
    });
    expect(named(cluster)).toBe(submitter);
  });

  test('an owner whose name contains a dot is not taken for a user of a group', () => {
    const submitter = named({}, 'atlas.ada');
    expect(partsOf(submitter)).toEqual({ group: undefined, user: 'atlas.ada' });
    expect(displayName(submitter)).toBe('atlas.ada');
  });

  test.each(['ada', 'ada@cern.ch', 'system:serviceaccount:a:b', 'x"', '"', 'a".b', '""'])(
    'a name is read back into its parts for the owner %s',
    (user) => {
      for (const group of [undefined, 'atlas', 'atlas.production'])
        expect(partsOf(submitterIn(group, user))).toEqual({ group, user });
    },
  );
});
