import { expect, test } from 'vitest';
import { readLines } from './lines.ts';
import { valueFor, withDollars } from './macro-expansion.ts';
import { MacroTable } from './macro-table.ts';
import { parseTemplate } from './macro-template.ts';

const world = {
  file: 'j.sub',
  directory: '/w',
  now: 5,
  platform: { arch: 'X86_64', opsys: 'LINUX' },
  timeZone: 'UTC',
  environment: { HOME: '/h' },
  random: () => 0.999,
};

/** The value of `text` after the assignments of `definitions`. */
function expanded(text: string, definitions: Record<string, string> = {}): string {
  const macros = new MacroTable(world);
  const template = (value: string) => readLines(value, 'j.sub').flatMap((line) => parseTemplate(line));
  for (const [name, value] of Object.entries(definitions)) macros.define(name, template(value));
  return withDollars(valueFor(macros.expand(template(text)), []));
}

test.each([
  ['$(x)-$(X)', 'v-v'],
  ['$(none:a(b)c)', 'a(b)c'],
  ['$(DOLLAR)$(DOLLAR) $(DOLLAR)', '$$(DOLLAR) $'],
  ['$($(name)) $(pa$(th)) $(none$(n):d) $($(none):e)', '7 a/b/c.txt d e'],
  ['$(Year)-$(Month)-$(Day) $(OPSYS) $(ARCH) $(IsLinux)$(IsWindows)', '1970-01-01 LINUX X86_64 10'],
  ['$(none:$(x))', 'v'],
  ['$(DOLLAR)(x)', '$(x)'],
  ['$HOME $5 $', '$HOME $5 $'],
  ['$(Cluster)/$(SUBMIT_FILE)/$(SUBMIT_TIME)', '$(ClusterId)/j.sub/5'],
  ['$ENV(HOME)', '/h'],
  ['$ENV(NONE:else)', 'else'],
  ['$INT(n)', '7'],
  ['$INT($(n)*2+1,%04d)', '0015'],
  ['$INT(007)', '7'],
  ['$INT(255,%x) $INT(5,%+d) $INT(5,%-3d)|', 'ff +5 5  |'],
  ['$REAL(n) $REAL(n,%.2f) $REAL(1.5e10,%e) $REAL(0.5,%g)', '7 7.00 1.500000e+10 0.5'],
  ['$STRING(x)', 'v'],
  ['$CHOICE(1,a,b)', 'b'],
  ['$CHOICE(n,list)', 'i'],
  ['$RANDOM_INTEGER(1,6)', '6'],
  ['$RANDOM_INTEGER(0,10,5)', '10'],
  ['$RANDOM_CHOICE(a,b,c)', 'c'],
  ['$SUBSTR(path,-4) $SUBSTR(path,0,2) $SUBSTR(path,1,-4)', '.txt a/ /b/c'],
  ['$BASENAME(path) $DIRNAME(path)', 'c.txt a/b/'],
  ['$F(path) $Fp(path) $Fd(path) $Fn(path) $Fx(path)', 'a/b/c.txt a/b/ b/ c .txt'],
  ['$Fnx(path) $Fdb(path) $Fxb(path) $Fpn(path)', 'c.txt b txt a/b/c'],
  ['$Ff(path) $Fq(path) $Fqa(path) $Fw(path)', '/w/a/b/c.txt "a/b/c.txt" \'a/b/c.txt\' a\\b\\c.txt'],
])('the macro %s expands to %s', (text, value) => {
  expect(
    expanded(text, { x: 'v', n: '7', name: 'n', th: 'th', path: 'a/b/c.txt', list: 'b c d e f g h i' }),
  ).toBe(value);
});

test.each([
  ['$INT(x)', '"v" is not a number'],
  ['$INT(Cluster)', 'not known yet'],
  ['$INT(5,%s)', 'is not a format'],
  ['$CHOICE(2,a,b)', 'no item 2'],
  ['$RANDOM_CHOICE()', 'has no items'],
  ['$RANDOM_INTEGER(5,1)', 'a minimum and a maximum'],
])('the macro %s is refused', (text, message) => {
  expect(() => expanded(text, { x: 'v' })).toThrow(message);
});

test.each(['$(', '$(date +%s)', '$(x', '$(x:', '$(x $(x', '$INTT(x)', '$INT(x', 'a$', '$(x:$(x:$(x:'])(
  '%s is not a macro and stays as it is',
  (text) => {
    expect(expanded(text, { x: 'v' })).toBe(text);
  },
);

test('$ENV of an unset variable is UNDEFINED, and $F takes a file name as it is', () => {
  expect(expanded('$ENV(HOMES) $ENV(HOMES:d) $Fn(a/b.txt) $Fn(nothing)', {})).toBe('UNDEFINED d b nothing');
});

test('a macro that is never closed is read in linear time', () => {
  const text = `${'$(x:$INT('.repeat(15)}${'$(x:a) '.repeat(5_000)}`;
  expect(expanded(text, { x: 'v' })).toContain('v v v');
});

test('a macro that refers to itself means its value so far', () => {
  const macros = new MacroTable(world);
  for (const value of ['a', '$(m) b', '$(m) c']) {
    macros.define('m', parseTemplate(readLines(value, 'f')[0]!));
  }
  expect(valueFor(macros.expand(parseTemplate(readLines('$(m)', 'f')[0]!)), [])).toBe('a b c');
});
