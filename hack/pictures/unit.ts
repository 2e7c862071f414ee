/** Numbers as Grafana writes them, by its name of the unit. */
export function inUnit(value: number, unit: string): string {
  const write = units[unit] ?? plain;
  return write(value);
}

const units: Readonly<Record<string, (value: number) => string>> = {
  s: (value) => scaled(value, seconds),
  h: (value) => scaled(value * 3600, seconds),
  bytes: (value) => scaled(value, bytes),
  ops: (value) => `${plain(value)} ops/s`,
  percentunit: (value) => `${plain(value * 100)}%`,
};

type Steps = readonly (readonly [least: number, name: string])[];

const seconds: Steps = [
  [86_400, 'days'],
  [3600, 'hours'],
  [60, 'mins'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
];

const bytes: Steps = [
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
  [1, 'B'],
];

const thousands: Steps = [
  [1e9, 'Bil'],
  [1e6, 'Mil'],
  [1e3, 'K'],
];

function scaled(value: number, steps: Steps): string {
  const step = steps.find(([least]) => Math.abs(value) >= least);
  if (step === undefined) return `0 ${steps.find(([least]) => least === 1)?.[1] ?? ''}`.trim();
  return `${short(value / step[0])} ${step[1]}`;
}

function plain(value: number): string {
  const step = thousands.find(([least]) => Math.abs(value) >= least);
  return step === undefined ? short(value) : `${short(value / step[0])} ${step[1]}`;
}

/** Three digits that count. */
const short = (value: number): string => String(Number(value.toPrecision(3)));
