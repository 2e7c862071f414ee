import type { Resources } from '#wire/claim.ts';
import type { Usage } from '#wire/outcome.ts';

/** The used, requested and allocated resources, in the columns of HTCondor's event 005. */
export function resourceTable(usage: Usage, requests: Resources, takes: Resources | undefined): string[] {
  const { wallSeconds, cpuSeconds, diskPeakBytes, memoryPeakBytes } = usage;
  const cores =
    cpuSeconds === undefined ? undefined : Math.round((100 * cpuSeconds) / Math.max(wallSeconds, 1)) / 100;
  return [
    row('Partitionable Resources', 'Usage', 'Request', 'Allocated', '\t'),
    row('Cpus', cores, requests.cpus, takes?.cpus),
    row('Disk (KB)', scaled(diskPeakBytes, 2 ** 10), requests.disk, takes?.disk),
    row('GPUs', undefined, requests.gpus === 0 ? undefined : requests.gpus, takes?.gpus),
    row('Memory (MB)', scaled(memoryPeakBytes, 2 ** 20), requests.memory, takes?.memory),
    row('TimeExecute (s)', Math.round(wallSeconds), undefined, undefined),
  ];
}

const scaled = (bytes: number | undefined, unit: number): number | undefined =>
  bytes === undefined ? undefined : Math.ceil(bytes / unit);

type Cell = string | number | undefined;

function row(name: string, used: Cell, asked: Cell, given: Cell, indent = '\t   '): string {
  const label = `${indent}${name}`.padEnd(indent.length + (indent === '\t' ? 24 : 21));
  const cell = (value: Cell, width: number) => String(value ?? '').padStart(width);
  return `${label}: ${cell(used, 8)} ${cell(asked, 8)} ${cell(given, 9)} `;
}

/** The local usage is always 0: nothing runs for a job on the owner's machine. */
export function usageLines({ cpuSeconds = 0 }: Usage, names: readonly string[]): string[] {
  return names.map((name) => {
    const user = name.endsWith('Remote') ? cpuSeconds : 0;
    return `\t\tUsr ${runTime(user)}, Sys ${runTime(0)}  -  ${name} Usage`;
  });
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `D hh:mm:ss` of seconds. */
function runTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const clock = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  return `${Math.floor(whole / 86_400)} ${clock.map(two).join(':')}`;
}
