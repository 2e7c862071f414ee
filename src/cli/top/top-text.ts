import picocolors from 'picocolors';
import { formatDuration } from '#base/duration.ts';
import { truncate } from '#base/truncate.ts';
import type { PilotCounts, SummaryAnswer } from '#wire/summary.ts';
import { table } from '../table.ts';
import { oneLine } from '../terminal.ts';
import type { Rates, TopModel } from './top-model.ts';

/** How much room there is, in characters. */
export interface Size {
  readonly columns: number;
  /** Infinity for a page that scrolls. */
  readonly rows: number;
}

/** The lines of a screen: totals first, then problems, groups and submitters, as many as there is room for. */
export function topText(model: TopModel, { columns, rows }: Size, colour: boolean): string[] {
  const { red } = picocolors.createColors(colour);
  const totals = totalLines(model);
  const problems = part('PROBLEMS', model.problems.map(oneLine), Math.max(2, Math.floor(rows / 5)));
  const room = rows - totals.length - (problems.length === 0 ? 0 : problems.length + 1) - 2;
  const { groups, submitters, more } = model.now;
  const [forGroups, forSubmitters] = divide(groups.length + 1, submitters.length + 1, room);
  const lines = [
    ...totals,
    ...(problems.length === 0 ? [] : ['', ...problems]),
    '',
    ...fitted(groupTable(groups, colour), forGroups, more.groups, 'groups'),
    '',
    ...fitted(submitterTable(submitters, colour), forSubmitters, more.submitters, 'submitters'),
  ];
  const isProblem = new Set(problems);
  return lines
    .slice(0, rows)
    .map((line) => (isProblem.has(line) ? red(truncate(line, columns)) : cut(line, columns)));
}

/** Styled lines are not cut: they are heads, and the shortest of all. */
const cut = (line: string, columns: number): string =>
  line.includes('\u001b') ? line : truncate(line, columns);

function totalLines({ now, rates }: TopModel): string[] {
  const { jobs, pilots, cores, freeCores, claims } = now;
  const of = (state: string): string => number(jobs[state] ?? 0);
  const used = cores.total === 0 ? '' : ` (${Math.round((100 * cores.used) / cores.total)} %)`;
  const all = Object.values(pilots).reduce((sum, count) => sum + count, 0);
  return [
    `The pool has served for ${formatDuration(now.servingSeconds * 1000)}.`,
    `Jobs    ${of('Idle')} idle, ${of('Running')} running, ${of('Held')} held`,
    `Cores   ${number(cores.used)} of ${number(cores.total)} used${used}, ${number(freeCores)} free, by ${number(claims)} claims`,
    `Pilots  ${number(all)}: ${pilotText(pilots)}`,
    `Rates   ${rates === undefined ? 'not known yet' : rateText(rates)}`,
  ];
}

const pilotText = ({ Idle, Busy, Draining, Away }: PilotCounts): string =>
  `${number(Busy)} busy, ${number(Idle)} idle, ${number(Draining)} draining, ${number(Away)} away`;

function rateText(rates: Rates): string {
  const { startsPerSecond, endsPerSecond, failedShare, waitedSeconds, passesPerSecond, passMilliseconds } =
    rates;
  const failing = failedShare === undefined ? '' : ` (${Math.round(100 * failedShare)} % not completed)`;
  const waited =
    waitedSeconds === undefined ? '' : `; new jobs waited ${formatDuration(waitedSeconds * 1000)}`;
  const pass = passMilliseconds === undefined ? '' : ` of ${figure(passMilliseconds)} ms`;
  return `${figure(startsPerSecond)} starts/s, ${figure(endsPerSecond)} ends/s${failing}${waited}; ${figure(passesPerSecond)} negotiations/s${pass}`;
}

/** Three digits are enough. */
const figure = (value: number): string =>
  value >= 100 ? number(Math.round(value)) : value.toPrecision(2).replace(/\.0$/, '');

const number = (value: number): string => Math.round(value).toLocaleString('en-US');

function groupTable(groups: SummaryAnswer['groups'], colour: boolean): string[] {
  if (groups.length === 0) return ['No group feeds this pool at present.'];
  const rows = groups.map(({ name, site, wanted, pilots, cores }) => [
    `${name}@${site}`,
    number(wanted),
    number(pilots.Busy),
    number(pilots.Idle),
    number(pilots.Draining),
    number(pilots.Away),
    `${number(cores.used)} of ${number(cores.total)}`,
  ]);
  return table(['GROUP', 'WANTED', 'BUSY', 'IDLE', 'DRAINING', 'AWAY', 'CORES USED'], rows, colour).split(
    '\n',
  );
}

function submitterTable(submitters: SummaryAnswer['submitters'], colour: boolean): string[] {
  if (submitters.length === 0) return ['Nobody has jobs here.'];
  const rows = submitters.map(({ name, priority, cores, running, idle }) => [
    name,
    priority.toFixed(2),
    number(cores),
    number(running),
    number(idle),
  ]);
  return table(['SUBMITTER', 'PRIORITY', 'CORES', 'RUNNING', 'IDLE'], rows, colour).split('\n');
}

/** A heading and the lines under it; none without lines. */
function part(heading: string, lines: readonly string[], most: number): string[] {
  return lines.length === 0 ? [] : fitted([heading, ...lines], most + 1, 0, 'problems');
}

/** As many lines as there is room for; the last one then says how many more there are. */
function fitted(lines: readonly string[], room: number, unlisted: number, what: string): string[] {
  const shown = lines.length + (unlisted > 0 ? 1 : 0) <= room ? lines : lines.slice(0, Math.max(1, room - 1));
  const more = lines.length - shown.length + unlisted;
  return more > 0 ? [...shown, `… and ${number(more)} more ${what}`] : [...shown];
}

/** Gives two lists the lines that each needs, or half of the room to whom that is not enough. */
function divide(first: number, second: number, room: number): readonly [number, number] {
  if (first + second <= room) return [first + 1, second + 1];
  const half = Math.floor(room / 2);
  if (first <= half) return [first, room - first];
  return second <= half ? [room - second, second] : [half, room - half];
}
