import { describe, expect, it } from 'vitest';
import { ClassAd } from '#classad/class-ad.ts';
import { parseExpression } from '#classad/parser.ts';
import { Autoformat } from './autoformat.ts';

const slots = [
  { ad: ClassAd.fromTexts({ Name: '"slot1@pilot-a"', Cpus: '2' }), job: '' },
  { ad: ClassAd.fromTexts({ Name: '"slot1_1@pilot-a"', Cpus: '2', Start: 'TARGET.Foo =?= 3' }), job: '12.3' },
];

const lines = (letters: string, ...texts: string[]) =>
  new Autoformat(
    texts.map((text) => ({ text, expression: parseExpression(text) })),
    { letters, environment: { now: () => 0 } },
  ).lines(slots);

/** What condor_status 25.14 prints for the same ads; where only blanks differ, only blanks differ. */
describe('values of expressions', () => {
  it.each([
    ['', ['Name', 'Cpus'], ['slot1@pilot-a 2', 'slot1_1@pilot-a 2']],
    ['r', ['Name', 'Start'], ['"slot1@pilot-a" undefined', '"slot1_1@pilot-a" TARGET.Foo =?= 3']],
    ['j', ['Name'], [' slot1@pilot-a', '12.3 slot1_1@pilot-a']],
    ['l', ['Name', 'Cpus'], ['Name = slot1@pilot-a Cpus = 2', 'Name = slot1_1@pilot-a Cpus = 2']],
    ['V', ['Name', 'Cpus', 'Nope'], ['"slot1@pilot-a" 2 undefined', '"slot1_1@pilot-a" 2 undefined']],
    [',', ['Name', 'Cpus'], ['slot1@pilot-a, 2', 'slot1_1@pilot-a, 2']],
    ['t', ['Name', 'Cpus'], ['slot1@pilot-a\t2', 'slot1_1@pilot-a\t2']],
    ['ln', ['Name', 'Cpus'], ['Name = slot1@pilot-a\nCpus = 2', 'Name = slot1_1@pilot-a\nCpus = 2']],
    ['r', ['Cpus * 2'], ['Cpus * 2', 'Cpus * 2']],
    ['', ['Cpus*2'], ['4', '4']],
    ['h', ['Name', 'Cpus'], ['Name             Cpus', 'slot1@pilot-a    2', 'slot1_1@pilot-a  2']],
    ['lh', ['Name'], ['Name', 'slot1@pilot-a', 'slot1_1@pilot-a']],
    ['hj', ['Name'], ['ID    Name', '      slot1@pilot-a', '12.3  slot1_1@pilot-a']],
    ['hr', ['Cpus*2'], ['Cpus*2', 'Cpus * 2', 'Cpus * 2']],
  ])(
    'with the letters "%s" the values of %j are printed as condor_status prints them',
    (letters, texts, printed) => {
      expect(lines(letters, ...texts)).toEqual(printed);
    },
  );

  it('a heading is printed once, however many parts there are', () => {
    const format = new Autoformat([{ text: 'Cpus', expression: parseExpression('Cpus') }], {
      letters: 'h',
      environment: { now: () => 0 },
    });
    expect([...format.lines(slots), ...format.lines(slots)]).toEqual(['Cpus', '2', '2', '2', '2']);
  });
});
