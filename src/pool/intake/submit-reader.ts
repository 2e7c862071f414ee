import { type AdTexts, textNamed } from '#wire/ad-texts.ts';
import { maxProcs } from '#wire/jobs.ts';
import { clusterBytes } from '../jobs/job-bytes.ts';
import { mostInPart, type PackedProcs, type ProcDifferences, type ProcPart } from '../jobs/packed-procs.ts';
import { BodyScanner, type Slice } from './body-scanner.ts';
import { MessageSizes, surelyFits } from './check-size.ts';
import type { CheckedSubmit } from './checked-submit.ts';
import { isHeld, withoutOwned } from './normal-form.ts';
import { packSlice, textOf } from './pack-slice.ts';
import { ProcChecks } from './proc-checks.ts';
import { type Envelope, readEnvelope } from './read-envelope.ts';
import { Remembered } from './remembered.ts';
import { packSeries } from './series.ts';

/**
 * Reads the body of a submit, piece by piece: parses it, checks everything that can be checked without the rest of the pool,
 * and packs its procs. It works in any thread, and never holds more than a slice of the procs as objects.
 */
export class SubmitReader {
  readonly #owner: string;
  readonly #remembered: Remembered;
  readonly #checks: ProcChecks;
  readonly #parts: ProcPart[] = [];
  /** By part, the bytes of its longest proc. */
  readonly #longest: number[] = [];
  readonly #scanner = new BodyScanner({
    mostInSlice: mostInPart,
    most: maxProcs,
    take: (slice) => this.#take(slice),
  });
  #bytes = 0;

  /** @param remembered of earlier submits */
  constructor(owner: string, remembered = new Remembered()) {
    this.#owner = owner;
    this.#remembered = remembered;
    this.#checks = new ProcChecks(remembered);
  }

  /** @throws GlideinError InvalidArgument naming the field, InvalidExpression, TooLarge */
  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#scanner.push(bytes);
  }

  /** @throws GlideinError as {@link push} does */
  end(): CheckedSubmit {
    const { key, cluster: submitted, series } = readEnvelope(textOf(this.#scanner.end()), this.#scanner);
    const { names, texts } = this.#remembered;
    const cluster = withoutOwned(submitted, (name) => names.lower(name) === undefined);
    if (!surelyFits(this.#bytes)) this.#checkSizes(cluster, series);
    for (const name in cluster) texts.check(cluster[name] as string);
    const procs = series === undefined ? this.#list() : packSeries(series, this.#checks);
    return {
      key,
      cluster,
      procs,
      held: isHeld(submitted),
      files: this.#checks.files.lines(),
      limitsInputs: mayLimitInputs(cluster, procs),
      bytes: this.#bytes,
      memory: clusterBytes({ ad: cluster }) + procs.parts.reduce((sum, { data }) => sum + data.byteLength, 0),
    };
  }

  #take(slice: Slice): void {
    this.#parts.push(packSlice(slice, this.#checks));
    const { starts, ends } = slice;
    this.#longest.push(ends.reduce((most, end, at) => Math.max(most, end - (starts[at] as number)), 0));
  }

  #list(): PackedProcs {
    const count = this.#scanner.count;
    const isBare = this.#parts.every((part) => part.data.length === part.count - 1);
    return { count, parts: isBare ? [] : this.#parts };
  }

  #checkSizes(cluster: AdTexts, series: Envelope['series']): void {
    const sizes = new MessageSizes(cluster, this.#owner);
    if (series !== undefined) {
      sizes.check(series, series.count - 1);
      return;
    }
    for (const [index, part] of this.#parts.entries()) {
      if (sizes.surelyFits(this.#longest[index] as number)) continue;
      for (const [line, text] of textOf(part.data).split('\n').entries())
        if (text !== '') sizes.check(JSON.parse(text) as ProcDifferences, part.first + line);
    }
  }
}

/** Whether any job may limit its inputs; otherwise a million jobs need not be checked one by one. */
const mayLimitInputs = (cluster: AdTexts, { parts }: PackedProcs): boolean =>
  textNamed(cluster, inputLimit) !== undefined || parts.some(({ names }) => names.includes(inputLimit));

const inputLimit = 'maxtransferinputmb';
