import { slowest, type TransferSpec } from '#spec/transfer.ts';
import { FileUrls } from './file-urls.ts';
import { type FoundPlugIn, PlugIn, type PlugInOptions } from './plug-in.ts';
import { Transfers } from './transfers.ts';
import { UrlFetcher } from './url-fetcher.ts';
import { UrlSender } from './url-sender.ts';

/** What plug-ins need of the pilot. */
type World = Pick<PlugInOptions, 'clock' | 'random' | 'guardian' | 'logger'>;

/** What a group says of plug-ins, with the pilot's environment. */
export const plugInOptions = (spec: TransferSpec, world: World): PlugInOptions => ({
  ...world,
  limits: { slowest: slowest(spec), processes: spec.processes },
  environment: process.env,
});

/**
 * All that a pilot can transfer: what it does itself, and with the plug-ins of its group that work here.
 * @param hidden directories that no file:// URL reaches
 */
export function transfersOf(
  spec: TransferSpec,
  { found, hidden }: { readonly found: readonly FoundPlugIn[]; readonly hidden: readonly string[] },
  world: World,
): Transfers {
  const { clock, random } = world;
  const urls = { clock, random, environment: process.env };
  const options = plugInOptions(spec, world);
  const plugIns = found.flatMap(({ program, capabilities, schemes }) => {
    const plugIn = new PlugIn(program, capabilities, options);
    return schemes.map((scheme) => [scheme, plugIn] as const);
  });
  return new Transfers({
    fetcher: new UrlFetcher(urls),
    sender: new UrlSender(urls),
    files: spec.directories.length === 0 ? undefined : new FileUrls(spec.directories, hidden),
    plugIns: new Map(plugIns),
  });
}
