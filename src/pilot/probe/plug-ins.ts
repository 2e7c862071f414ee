import { describeError } from '#base/error.ts';
import { schemesOf, type TransferSpec } from '#spec/transfer.ts';
import type { Finding } from '#wire/finding.ts';
import { Guardian } from '../runtime/guardian.ts';
import { askPlugIn, type FoundPlugIn, type PlugInOptions } from '../transfer/plug-in.ts';
import { plugInOptions } from '../transfer/transfers-of.ts';

export interface PlugInsFound {
  readonly plugIns: readonly FoundPlugIn[];
  readonly findings: readonly Finding[];
  /** What the slot says in HasFileTransferPluginMethods. */
  readonly schemes: readonly string[];
}

/**
 * Asks the plug-ins of a group what they can do. One that does not work keeps nobody from registering: jobs that need it run elsewhere.
 * @param directory the pilot's own
 */
export async function findPlugIns(
  spec: TransferSpec,
  directory: string,
  options: Pick<PlugInOptions, 'clock' | 'logger'>,
): Promise<PlugInsFound> {
  if (spec.plugIns.length === 0) return { plugIns: [], findings: [], schemes: schemesOf(spec) };
  const guardian = new Guardian(options.logger);
  const asking = plugInOptions(spec, { ...options, guardian, random: Math.random });
  try {
    const asked = await Promise.all(
      spec.plugIns.map(({ path, schemes }) => ask(path, schemes, directory, asking)),
    );
    const plugIns = asked.flatMap(({ found }) => found ?? []);
    const working = plugIns.map(({ program, schemes }) => ({ path: program, schemes: [...schemes] }));
    return {
      plugIns,
      findings: asked.map(({ finding }) => finding),
      schemes: schemesOf({ ...spec, plugIns: working }),
    };
  } finally {
    guardian.close();
  }
}

async function ask(
  program: string,
  wanted: readonly string[],
  directory: string,
  options: PlugInOptions,
): Promise<{ readonly found?: FoundPlugIn; readonly finding: Finding }> {
  const said = (verdict: Finding['verdict'], evidence: string): Finding => ({
    what: 'transfer plug-in',
    attributes: {},
    verdict,
    evidence: `${program}: ${evidence}`,
  });
  try {
    const capabilities = await askPlugIn(program, directory, options, new AbortController().signal);
    const schemes = wanted.filter((scheme) => capabilities.schemes.includes(scheme));
    const lacking = wanted.filter((scheme) => !schemes.includes(scheme));
    const evidence = `it supports ${capabilities.schemes.join(', ')}`;
    const finding =
      lacking.length === 0
        ? said('good', evidence)
        : said('missing', `${evidence}, and not ${lacking.join(', ')}`);
    return { found: { program, capabilities, schemes }, finding };
  } catch (error) {
    return { finding: said('missing', describeError(error)) };
  }
}
