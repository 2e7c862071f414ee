import { describe, expect, test } from 'vitest';
import type { Expression } from './ast.ts';
import { asClassAd, ClassAd } from './class-ad.ts';
import { parseAd, parseExpression } from './parser.ts';
import { printAd, printValue } from './print.ts';
import { isError } from './value.ts';

describe('ClassAd', () => {
  test('names compare without case and keep the first spelling', () => {
    const ad = new ClassAd().setValue('Memory', 1).setValue('MEMORY', 2);
    expect([...ad.names()]).toEqual(['Memory']);
    expect(ad.has('memory')).toBe(true);
    expect(ad.evaluateNumber('memory')).toBe(2);
    expect(ad.delete('Memory')).toBe(true);
    expect(ad.delete('Memory')).toBe(false);
    expect(ad.size).toBe(0);
  });

  test('plain data: fractions are reals, null is undefined', () => {
    const ad = ClassAd.fromRecord({ a: 1, b: 1.5, c: 'x', d: true, e: null, f: 2 ** 60 });
    expect(printAd(ad, 'new')).toBe(
      '[ a = 1; b = 1.500000000000000E+00; c = "x"; d = true; e = undefined; f = 1152921504606846976 ]',
    );
  });

  test('the wire form goes there and back', () => {
    const texts = {
      Requirements: 'TARGET.Memory >= 1 && (a ?: "é") == b',
      List: '{ 1,a }',
      'odd name': ' -x',
    };
    const again = ClassAd.fromTexts(ClassAd.fromTexts(texts).toTexts());
    expect(again.toTexts()).toEqual({
      ...texts,
      Requirements: 'TARGET.Memory >= 1 && (a ?: "\\303\\251") == b',
    });
    expect(() => ClassAd.fromTexts({ a: '1 +' })).toThrow(/expected a value/);
  });

  test('of a name that stands twice the first spelling and the last value count', () => {
    for (const ad of [
      parseAd('[Cpus=1;Memory=2;cpus=3]'),
      ClassAd.fromTexts({ Cpus: '1', Memory: '2', cpus: '3' }),
    ]) {
      expect(printAd(ad, 'new')).toBe('[ Cpus = 3; Memory = 2 ]');
      expect(ad.evaluate('CPUS')).toBe(3);
    }
  });

  test('parsed ads with the same names in the same order share one layout', () => {
    const one = parseAd('[Arch="X86_64";Cpus=4]');
    const same = ClassAd.fromTexts({ Arch: '"ARM"', Cpus: '8' });
    const others = ['[Cpus=4;Arch="X86_64"]', '[Arch="X86_64";CPUS=4]', '[Arch="X86_64"]'].map(parseAd);
    expect(same.layout).toBe(one.layout);
    expect(others.filter(({ layout }) => layout === one.layout)).toEqual([]);
  });

  test('a change to an ad does not change another of the same layout', () => {
    const [one, other] = [parseAd('[Arch="X86_64";Cpus=4]'), parseAd('[Arch="ARM";Cpus=8]')];
    one.setValue('Memory', 1).setValue('Cpus', 2);
    one.delete('Arch');
    expect(printAd(one, 'new')).toBe('[ Cpus = 2; Memory = 1 ]');
    expect(printAd(other, 'new')).toBe('[ Arch = "ARM"; Cpus = 8 ]');
    expect(other.evaluate('Memory')).toBeUndefined();
  });

  test('a cluster shows through its procs, until they say or delete otherwise', () => {
    const cluster = parseAd('[Owner="ada";Cmd="/bin/true";Args=strcat("p",ProcId)]');
    const proc = new ClassAd(cluster).setValue('ProcId', 7).setValue('cmd', '/bin/false');
    expect(proc.evaluateString('Args')).toBe('p7');
    expect(proc.evaluateString('Cmd')).toBe('/bin/false');
    expect(proc.size).toBe(4);
    proc.delete('Owner');
    expect(proc.has('owner')).toBe(false);
    expect([...proc.names()].sort()).toEqual(['Args', 'ProcId', 'cmd']);
    expect(cluster.evaluateString('Owner')).toBe('ada');
    const copy = proc.clone().setValue('Owner', 'bob');
    expect(copy.evaluateString('Owner')).toBe('bob');
    expect(proc.flatten().toTexts()).toEqual({
      Args: 'strcat("p",ProcId)',
      ProcId: '7',
      cmd: '"/bin/false"',
    });
  });

  test('typed evaluation gives undefined for other types', () => {
    const ad = parseAd('[i=1;r=2.5;s="x";b=true;l={1};big=9223372036854775807]');
    expect(['i', 'r', 's', 'b', 'l', 'none', 'big'].map((name) => ad.evaluateNumber(name))).toEqual([
      1,
      2.5,
      undefined,
      1,
      undefined,
      undefined,
      2 ** 63,
    ]);
    expect(['s', 'i'].map((name) => ad.evaluateString(name))).toEqual(['x', undefined]);
    expect(['b', 'i', 's'].map((name) => ad.evaluateBoolean(name))).toEqual([true, true, undefined]);
  });

  test('values of any kind can be set, and ads come back with their methods', () => {
    const ad = parseAd('[n=[q=a+1];a=1;l={a,2}]');
    const other = new ClassAd().setValue('N', ad.evaluate('n')).setValue('L', ad.evaluate('l'));
    expect(printAd(other, 'new')).toBe('[ L = { a,2 }; N = [ q = a + 1 ] ]');
    expect(asClassAd(ad.evaluate('n'))?.has('Q')).toBe(true);
    expect(asClassAd(1)).toBeUndefined();
  });
});

describe('the environment', () => {
  test('time and chance come from outside, or are errors', () => {
    const ad = parseAd('[t=time();c=CurrentTime+1;r=random(10);h=getHours(currentTime())]');
    const environment = { now: () => 7200.9, random: () => 0.55 };
    expect(['t', 'c', 'r', 'h'].map((name) => ad.evaluate(name, undefined, environment))).toEqual([
      7200, 7201, 5, 2,
    ]);
    expect(isError(ad.evaluate('t'))).toBe(true);
    expect(isError(ad.evaluate('r'))).toBe(true);
  });

  test('an unknown function is an error that names it', () => {
    const value = parseAd('[x=frobnicate(1)]').evaluate('x');
    expect(isError(value) && value.reason).toBe('there is no function frobnicate');
    expect(printValue(value)).toBe('error');
  });
});

test('chains of attributes end at the depth limit, circles are undefined', () => {
  const chain = (length: number): ClassAd => {
    const ad = new ClassAd().setValue(`a${length}`, 5);
    for (let at = 0; at < length; at += 1) ad.setText(`a${at}`, `a${at + 1}`);
    return ad;
  };
  expect(chain(399).evaluate('a0')).toBe(5);
  expect(isError(chain(450).evaluate('a0'))).toBe(true);
  expect(parseAd('[a=b;b=c;c=a]').evaluate('a')).toBeUndefined();
  expect(parseAd('[y=MY["y"]]').evaluate('y')).toBeUndefined();
  expect(printValue(parseAd('[a=evalInEachContext(a,{[b=1]})]').evaluate('a'))).toMatch(/undefined|error/);
});

test('an ad has the same values if the texts of its attributes were parsed before', () => {
  const known = new Map<string, Expression>();
  const parse = (text: string): Expression => {
    const expression = known.get(text) ?? parseExpression(text);
    known.set(text, expression);
    return expression;
  };
  const texts = { A: 'isUndefined(B)', B: 'isUndefined(B)', C: '1.5', D: 'A + C' };
  const ads = [ClassAd.fromTexts(texts, parse), ClassAd.fromTexts(texts, parse), ClassAd.fromTexts(texts)];
  expect(new Set(ads.map((ad) => JSON.stringify(ad.toTexts())))).toHaveLength(1);
  for (const name of Object.keys(texts))
    expect(new Set(ads.map((ad) => printValue(ad.evaluate(name)))), name).toHaveLength(1);
  expect(ads[0]?.get('A')).toBe(ads[1]?.get('A'));
  expect(ads[0]?.get('A')).not.toBe(ads[0]?.get('B'));
});
