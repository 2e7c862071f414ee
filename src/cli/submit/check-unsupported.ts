import { GlideinError } from '#base/error.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import { isFetched, schemeOf, shownUrl } from '#wire/inputs.ts';
import { checkDestinations, checkUrls } from './check-urls.ts';
import { unsupportedIn } from './unsupported.ts';

/**
 * Looks for requests that nothing here fulfils, so that none is accepted and forgotten. A dry run does not call it: it
 * shows the ads as HTCondor would make them.
 * @returns a warning for each request without which the job still runs correctly
 * @throws GlideinError Unsupported at the first without which the job would run wrongly, or without end
 */
export function checkUnsupported({ cluster, procs }: SubmitDescription): string[] {
  const warnings = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const attributes of [cluster, ...procs.map((proc) => proc.attributes)]) {
    for (const [name, text] of Object.entries(attributes)) {
      // Thousands of jobs have the same value.
      if (seen.get(name) === text) continue;
      seen.set(name, text);
      refuseText(name, text);
      for (const warning of urlWarnings(name, text)) warnings.set(warning, warning);
      const found = unsupportedIn(name, text, cluster['Owner']);
      if (found === undefined) continue;
      const sentence = `${found.what} ${found.sentence}`;
      if (found.isRefused) throw new GlideinError('Unsupported', sentence, { cure: found.cure });
      warnings.set(name, `${sentence}; ${found.cure}`);
    }
  }
  return [...warnings.values()];
}

/** @throws GlideinError Unsupported for texts that only a schedd and its plug-ins would resolve */
function refuseText(name: string, text: string): void {
  if (/^(ContainerImage|ContainerImageFullPath|SingularityImage)$/i.test(name)) refuseImage(text);
  if (/\$\$[([]/.test(text)) {
    throw new GlideinError('Unsupported', `${name} takes a value from the slot with $$(…)`, {
      cure: 'write the value itself, and choose the slots that have it with requirements',
    });
  }
}

/** @throws GlideinError InvalidArgument for an input that cannot be fetched */
function urlWarnings(name: string, text: string): string[] {
  if (/^TransferInput$/i.test(name)) return checkUrls(text);
  return /^(OutputDestination|TransferOutputRemaps)$/i.test(name) ? checkDestinations(text) : [];
}

/** @throws GlideinError Unsupported for an image that no pilot can get, whatever it has */
function refuseImage(text: string): void {
  const image = text.replace(/^"|"$/g, '');
  const scheme = schemeOf(image);
  if (scheme === undefined || scheme === 'docker' || isFetched(scheme)) return;
  throw new GlideinError(
    'Unsupported',
    `pilots do not fetch images by ${scheme}://, as in ${shownUrl(image)}`,
    {
      cure: 'write docker://IMAGE, the https:// URL of an image file, or the path of an image that the pilots have',
    },
  );
}
