import { holdCodes } from '#base/hold-codes.ts';
import { type InputUrl, nameOfUrl, schemeOf, shownUrl } from '#wire/inputs.ts';
import { PayloadFault } from './payload-fault.ts';

/**
 * The URLs among a job's inputs. As in HTCondor, a later URL replaces an earlier one of the same name, and a file that
 * travels with the job replaces both.
 * @param transferInput the attribute
 * @param inputs names of the files that travel with the job
 * @throws PayloadFault for a URL that names no file
 */
export function inputUrls(transferInput: string, inputs: ReadonlySet<string>): InputUrl[] {
  const byName = new Map<string, InputUrl>();
  for (const entry of transferInput.split(',')) {
    const url = entry.trim();
    if (schemeOf(url) === undefined) continue;
    const name = nameOfUrl(url);
    if (name === undefined) throw unfetched(url, 'its path does not end with the name of a file');
    if (!inputs.has(name)) byName.set(name, { url, name });
  }
  return [...byName.values()];
}

export const unfetched = (url: string, why: string): PayloadFault =>
  new PayloadFault('job', holdCodes.transferInput, `the input ${shownUrl(url)} was not fetched: ${why}`);
