import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import type { Finding } from '#wire/finding.ts';
import { oneLine } from '../terminal.ts';

/** Findings for people: what is wrong comes first, each with its evidence and, below, the least change that would help. */
export function findingsText(findings: readonly Finding[]): string {
  const order: readonly Finding['verdict'][] = ['bad', 'missing', 'good'];
  const sorted = order.flatMap((verdict) => findings.filter((finding) => finding.verdict === verdict));
  const width = Math.max(...sorted.map(({ what }) => what.length));
  return sorted
    .flatMap(({ what, verdict, evidence, cure }) => [
      `${verdict.padEnd(7)}  ${what.padEnd(width)}  ${oneLine(evidence)}`,
      ...(cure === undefined ? [] : [`${' '.repeat(width + 11)}to change that: ${oneLine(cure)}`]),
    ])
    .join('\n');
}

/** The error by which the command ends if something is bad; undefined: nothing is. @param where `on this machine` */
export function badNews(findings: readonly Finding[], where: string): GlideinError | undefined {
  const bad = findings.filter(({ verdict }) => verdict === 'bad').map(({ what }) => what);
  if (bad.length === 0) return undefined;
  return new GlideinError(
    'RuntimeFailed',
    `${count(bad.length, 'thing')} ${where} would keep pilots from work: ${bad.join(', ')}`,
  );
}
