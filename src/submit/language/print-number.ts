const numberFormat = /^%([-+ 0]*)([0-9]{0,2})(?:\.([0-9]{1,2}))?(?:l{0,2})([dixXofFeEgG])$/;

/** One number in C's printf notation, such as `%04d`; undefined when `format` is not one. */
export function printNumber(value: number, format: string): string | undefined {
  const found = numberFormat.exec(format);
  if (found === null) return undefined;
  const [, flags = '', width = '', precision, type = 'd'] = found;
  const digits = printDigits(Math.abs(value), type, precision === undefined ? undefined : Number(precision));
  const sign = signOf(value, flags);
  const missing = Math.max(0, Number(width) - digits.length - sign.length);
  if (flags.includes('-')) return sign + digits + ' '.repeat(missing);
  return flags.includes('0') ? sign + '0'.repeat(missing) + digits : ' '.repeat(missing) + sign + digits;
}

function signOf(value: number, flags: string): string {
  if (value < 0) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

/** C writes at least two digits of an exponent. */
const exponent = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2');
const inCase = (text: string, type: string) => (type === type.toUpperCase() ? text.toUpperCase() : text);

function printDigits(value: number, type: string, precision: number | undefined): string {
  const whole = (base: number) =>
    BigInt(Math.trunc(value))
      .toString(base)
      .padStart(precision ?? 1, '0');
  switch (type.toLowerCase()) {
    case 'x':
      return type === 'X' ? whole(16).toUpperCase() : whole(16);
    case 'o':
      return whole(8);
    case 'f':
      return value.toFixed(precision ?? 6);
    case 'e':
      return inCase(exponent(value.toExponential(precision ?? 6)), type);
    case 'g':
      return inCase(shortest(value, Math.max(1, precision ?? 6)), type);
    default:
      return whole(10);
  }
}

/** `%g`: without an exponent for numbers from 0.0001 to `digits` digits before the point. */
function shortest(value: number, digits: number): string {
  const [mantissa = '', power = '0'] = value.toExponential(digits - 1).split('e');
  const bare = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (Number(power) < -4 || Number(power) >= digits) return exponent(`${bare(mantissa)}e${power}`);
  return bare(value.toFixed(Math.max(0, digits - 1 - Number(power))));
}
