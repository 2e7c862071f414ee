/** A real as C's `%.15E`; zero and what is no number have spellings of their own. */
export function printReal(value: number): string {
  const special = printSpecial(value);
  if (special !== undefined) return special;
  const [mantissa = '', exponent = '0'] = rounded(value).split('e');
  return `${mantissa}E${printExponent(Number(exponent))}`;
}

/** A real as C's `%.16G`, with a `.0` where nothing else shows that it is no integer. */
export function printRealOld(value: number): string {
  const special = printSpecial(value);
  if (special !== undefined) return special;
  const [mantissa = '', power = '0'] = rounded(value).split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${stripZeros(mantissa)}E${printExponent(exponent)}`;
  }
  const fixed = stripZeros(value.toFixed(Math.max(0, 15 - exponent)));
  return fixed.includes('.') ? fixed : `${fixed}.0`;
}

/** 16 digits. C rounds a tie to the even digit, JavaScript to the larger number. */
function rounded(value: number): string {
  const text = value.toExponential(15);
  if (!/50e/.test(value.toExponential(17))) return text;
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- up to 100 digits are allowed since ES2018
  const [digits = '', exponent = ''] = value.toExponential(60).split('e');
  const tie = /^-?\d\.\d{14}[02468]50*$/.test(digits);
  return tie ? `${digits.slice(0, digits.indexOf('.') + 16)}e${exponent}` : text;
}

/** A real in the fewest digits that read back as the same number. */
export function printRealExact(value: number): string {
  const text = printSpecial(value) ?? String(value);
  return Number.isInteger(value) && !/[.e]/.test(text) ? `${text}.0` : text;
}

function printSpecial(value: number): string | undefined {
  if (Number.isNaN(value)) return 'real("NaN")';
  if (!Number.isFinite(value)) return value > 0 ? 'real("INF")' : 'real("-INF")';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  return undefined;
}

function printExponent(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function stripZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
