import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { parseAd, parseOldAd } from '#classad/parser.ts';
import { quoteNew } from '#classad/string-literal.ts';

/** One file, and where it comes from or goes to. */
export interface PlugInTransfer {
  readonly url: string;
  readonly path: string;
}

/** What a plug-in says of itself when it is asked with `-classad`. */
export interface PlugInCapabilities {
  /** In lower case. */
  readonly schemes: readonly string[];
  /** Whether it transfers any number of files at a time: `-infile` and `-outfile`. Otherwise its arguments are one URL and one path. */
  readonly several: boolean;
}

/** What a plug-in says of one transfer. */
export interface PlugInAnswer {
  /** As the plug-in writes it, which may not be as it was asked. */
  readonly url: string | undefined;
  readonly succeeded: boolean;
  readonly error: string | undefined;
  /** Whether another try may succeed. */
  readonly mayPass: boolean;
}

/** The question of `-infile`: an ad for each file, as HTCondor writes them. */
export const writeQuestion = (transfers: readonly PlugInTransfer[]): string =>
  transfers
    .map(({ url, path }) => `[ LocalFileName = ${quoteNew(path)}; Url = ${quoteNew(url)} ]\n`)
    .join('');

/** @throws GlideinError RuntimeFailed for what is no file transfer plug-in */
export function readCapabilities(text: string): PlugInCapabilities {
  const [ad] = adsIn(text);
  const schemes = ad
    ?.evaluateString('SupportedMethods')
    ?.toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  if (ad === undefined || schemes === undefined || ad.evaluateString('PluginType') !== 'FileTransfer')
    throw new GlideinError('RuntimeFailed', 'it does not say with -classad which methods it supports');
  return { schemes, several: ad.evaluateBoolean('MultipleFileSupport') === true };
}

/** The answers of `-outfile`. @throws GlideinError RuntimeFailed when they cannot be read */
export const readAnswers = (text: string): PlugInAnswer[] => adsIn(text).map(answerOf);

const answerOf = (ad: ClassAd): PlugInAnswer => ({
  url: ad.evaluateString('TransferUrl'),
  succeeded: ad.evaluateBoolean('TransferSuccess') === true,
  error: plainText(ad.evaluateString('TransferError')),
  mayPass: ad.evaluateBoolean('TransferRetryable') ?? passingTypes.has(errorType(ad) ?? ''),
});

/** Types of errors, as HTCondor's and Pelican's plug-ins name them, that are about the way and not about the file. */
const passingTypes: ReadonlySet<string> = new Set(['Resolution', 'Contact', 'Transfer']);

/** Of several errors, one for each try, the last counts. */
const errorType = (ad: ClassAd): string | undefined =>
  ad
    .setText('LastErrorType', 'TransferErrorData[size(TransferErrorData) - 1].ErrorType')
    .evaluateString('LastErrorType');

const plainText = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : truncate(text.replace(/\p{Cc}+/gu, ' ').trim(), 400);

/** The ads of a text: several of the new syntax, or one of the old. */
function adsIn(text: string): ClassAd[] {
  try {
    if (!text.trimStart().startsWith('[')) return text.trim() === '' ? [] : [parseOldAd(text)];
    return recordsIn(text).map(parseAd);
  } catch (error) {
    throw new GlideinError('RuntimeFailed', 'its answer cannot be read', { cause: error });
  }
}

/** Strings, and what opens and closes ads; brackets of lists' elements count as well, and are always closed. */
const tokens = /"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[[\]]/g;

/** The texts of the ads that follow one another. */
function recordsIn(text: string): string[] {
  const records: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '[') {
      if (depth === 0) start = index;
      depth += 1;
    } else if (token === ']') {
      depth -= 1;
      if (depth === 0) records.push(text.slice(start, index + 1));
    }
  }
  return records;
}
