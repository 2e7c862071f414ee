import fc, { type Arbitrary } from 'fast-check';
import { samples } from './samples.ts';

/** What the functions of the language read in their texts, as literals of the language. */

const pick = (texts: readonly string[]): Arbitrary<string> => fc.constantFrom(...texts);

/** `text` as a literal. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\0', '').replace(/["\\]/g, '\\$&')}"`;
}

/** Texts made of pieces, for the functions that read texts: what nobody thought of. */
function pieced(pieces: readonly string[], maxLength: number): Arbitrary<string> {
  return fc.array(pick(pieces), { maxLength }).map((parts) => quoted(parts.join('')));
}

/** Mostly chosen texts, and now and then one of pieces. */
function mostly(chosen: Arbitrary<string>, made: Arbitrary<string>): Arbitrary<string> {
  return fc.oneof({ weight: 3, arbitrary: chosen }, { weight: 1, arbitrary: made });
}

const chosenVersions = pick([
  '"1.0"',
  '"1.0.0"',
  '"1.10"',
  '"1.9"',
  '"25.12.0"',
  '"25.14.1"',
  '"01"',
  '"1"',
  '"1.0.1-rc"',
  '"10a"',
  '""',
  '"1.001"',
  '"1.01"',
]);
const chosenPatterns = pick([
  '"a"',
  '"^a"',
  '"c$"',
  '"[a-c]+"',
  '"(.)(.)"',
  '"(a)|(b)"',
  '"a*"',
  '"b?"',
  '"x{2,3}"',
  '"\\\\d+"',
  '"\\\\s"',
  '"\\\\bslot"',
  '"(?i)ABC"',
  '"."',
  '""',
  '"["',
  '"(a"',
  '"a|"',
  '"[[:alpha:]]+"',
  '"(?:ab)+?"',
  '"\\\\w+@\\\\w+"',
  '"^(.*)@(.*)$"',
  '"é"',
  '"[^,]+"',
  '"^.$"',
  '"(?=a)b"',
  '"(a)\\\\1"',
]);
const chosenReplacements = pick([
  '""',
  '"x"',
  '"<\\\\0>"',
  '"\\\\1-\\\\2"',
  '"\\\\2"',
  '"\\\\\\\\"',
  '"\\\\9"',
  '"\\\\"',
  '"$1"',
  '"\\\\1"',
]);
const chosenStringLists = pick([
  '"a,b,c"',
  '"a, b,,c"',
  '"1,2,3"',
  '"1 2.5 -3"',
  '"A,B"',
  '"  "',
  '""',
  '"a;b"',
  '"x"',
  '" a , b "',
  '"1,x"',
  '"abc,abd"',
  '"a,a"',
  '"-1,0x2,3"',
  '"1e2,3"',
]);
export const separators = pick(['","', '" "', '";"', '", "', '""', '":,"', '"b"']);
export const options = pick(['"i"', '"I"', '"m"', '"s"', '"f"', '"g"', '"fg"', '"x"', '""', '"im"']);
export const comparisons = pick([
  '"<"',
  '"<="',
  '"=="',
  '"!="',
  '">="',
  '">"',
  '"is"',
  '"isnt"',
  '"=?="',
  '"="',
  '"+"',
]);
const chosenFormats = pick([
  '"%Y"',
  '"%c"',
  '"%H:%M:%S"',
  '"%j %a %b"',
  '"%%"',
  '"%Q"',
  '""',
  '"%F %T"',
  '"%A %B %d"',
  '"%y %e %I %p"',
  '"text"',
]);
export const steps = fc.oneof(
  pick(['{1}', '{2,4,8}', '{1.5}', '{}', '{4,"a"}', '{undefined}', '0', '1', '128', '2.5', '-3', '"2"']),
);
export const codes = pick([
  '"1+1"',
  '"a"',
  '"MY.a"',
  '"TARGET.b"',
  '"1 +"',
  '""',
  '"{1,2}"',
  '"x y"',
  '"n.p"',
  '5',
  '"strcat(\\"a\\",1)"',
  '"undefined"',
]);
const chosenEnvironments = pick([
  '"A=1;B=2"',
  '"A=1 B=2"',
  '"A=\'x y\'"',
  "\"A='it''s' B=\"",
  '"A"',
  '""',
  '"A=1;;B=x y"',
  '"a b \'c d\'"',
  '"B=1 A=2"',
  '"A=\\"q\\""',
  '" lead trail "',
  '"x\'\'y"',
  '"\'\'"',
  '"\'unclosed"',
  '"A= B"',
]);
export const users = pick([
  '"user@host"',
  '"alice"',
  '"a@b@c"',
  '"@x"',
  '"x@"',
  '""',
  '"root"',
  '"nobody"',
  '"slot1@h"',
]);
const chosenTimes = pick([
  '"2020-01-02T03:04:05Z"',
  '"2020-01-02T03:04:05-07:00"',
  '"20200102T030405Z"',
  '"2020-02-30T00:00:00Z"',
  '0',
  '1700000000',
  '1.5',
  '"1+02:03:04"',
  '"02:03"',
  '"5"',
  '"bad"',
  'true',
  '-60',
  '90061',
  '3600.25',
  '"-1+00:00:01"',
  '"1d2h"',
  '"12h"',
  '"90m"',
  '"2020-01-02"',
]);

export const versions = mostly(
  chosenVersions,
  pieced(['0', '0', '1', '9', '10', '.', '.', 'a', '-', 'é'], 7),
);

export const patterns = mostly(
  chosenPatterns,
  pieced(
    [
      ' ',
      ...'a b c A . . 1 , ^ $ | ( ) (?: ) [ ] [^ * + ? +? {2} {1,} {0,1} - [a-c] [^a]'.split(' '),
      ...String.raw`\d \w \s \S \b \.`.split(' '),
    ],
    6,
  ),
);

export const replacements = mostly(chosenReplacements, pieced(['\\0', '\\1', '\\2', '\\', 'x', '-', '$'], 4));

export const stringLists = mostly(
  chosenStringLists,
  pieced([',', ',', ' ', ';', 'a', 'b', 'ab', 'A', '1', '-2', '1.5', '\t', 'x'], 8),
);

export const environments = mostly(
  chosenEnvironments,
  pieced(['A', 'B', '=', '=', ' ', ' ', "'", "'", ';', 'x', '"', '\t', '\\'], 9),
);

export const whens = mostly(
  chosenTimes,
  pieced(['1', '02', '2020', '-', ':', '+', 'T', 'Z', ' ', 'd', 'h', 'm', 's', '.', '01'], 8),
);

export const formats = mostly(
  chosenFormats,
  pieced(
    [
      '%Y',
      '%m',
      '%d',
      '%e',
      '%H',
      '%j',
      '%a',
      '%B',
      '%-d',
      '%_H',
      '%U',
      '%V',
      '%q',
      '%',
      'x',
      ' ',
      '%5Y',
      '%^a',
    ],
    5,
  ),
);

export const times = [...samples.abstime, ...samples.reltime];
