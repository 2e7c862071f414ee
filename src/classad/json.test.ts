import { expect, test } from 'vitest';
import { toJson, toJsonText } from './json.ts';
import { parseAd } from './parser.ts';

test('literals as themselves, the rest as expressions', () => {
  const ad = parseAd(
    '[a=1;b="x";c=undefined;d=2.5;e=a+1;f={1,{a}};g=[h=true];i=error;j=9223372036854775807;k=1e400]',
  );
  expect(toJson(ad)).toEqual({
    a: 1,
    b: 'x',
    c: null,
    d: 2.5,
    e: '/Expr(a + 1)/',
    f: [1, ['/Expr(a)/']],
    g: { h: true },
    i: '/Expr(error)/',
    j: '/Expr(9223372036854775807)/',
    k: '/Expr(real("INF"))/',
  });
});

test('the text has escaped slashes round expressions and nowhere else', () => {
  const text = toJsonText(parseAd('[e=strcat("a",b);p="/usr/bin"]'));
  expect(text).toBe('{"e":"\\/Expr(strcat(\\"a\\",b))\\/","p":"/usr/bin"}');
  expect(JSON.parse(text)).toEqual({ e: '/Expr(strcat("a",b))/', p: '/usr/bin' });
});
