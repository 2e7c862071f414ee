import * as z from 'zod';
import { formatDuration } from '#base/duration.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { toJson } from '#classad/json.ts';
import { type Listing, printListing } from '../listing.ts';
import { table, widestText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** What a slot says of an instance of a service. Another version of the pilot may say more, or less. */
const said = z.object({
  Name: z.string(),
  Instance: z.number().catch(0),
  Phase: z.string().catch('?'),
  Restarts: z.number().catch(0),
  /** Epoch seconds. */
  ReadySince: z.number().optional().catch(undefined),
  LastFailure: z.string().optional().catch(undefined),
});

const ofSlot = z
  .array(z.unknown())
  .transform((all) => all.flatMap((each) => said.safeParse(each).data ?? []));

/** One line a service of a pilot. @param now epoch seconds */
export function serviceListing(
  terminal: Terminal,
  { output, now }: { readonly output: Listing['output']; readonly now: number },
) {
  const all: ReturnType<typeof servicesOf> = [];
  return {
    projection: ['GLIDEIN_Pilot', 'GLIDEIN_Services'],
    async add(ads: readonly ClassAd[]) {
      all.push(...ads.flatMap(servicesOf));
    },
    async end() {
      printListing(terminal, { output }, all, (wide) =>
        all.length === 0
          ? 'No pilot here has services.'
          : textOf(all, now, { wide, colour: terminal.colour }),
      );
    },
  };
}

function servicesOf(ad: ClassAd) {
  const pilot = ad.evaluateString('GLIDEIN_Pilot') ?? '';
  const services = ofSlot.safeParse(toJson(ad).GLIDEIN_Services).data ?? [];
  return services.map(({ Name, Instance, Phase, Restarts, ReadySince, LastFailure }) => ({
    pilot,
    service: Name,
    instance: Instance,
    phase: Phase,
    readySince: ReadySince,
    restarts: Restarts,
    lastFailure: LastFailure,
  }));
}

const textOf = (
  services: ReturnType<typeof servicesOf>,
  now: number,
  { wide, colour }: { readonly wide: boolean; readonly colour: boolean },
): string =>
  table(
    ['PILOT', 'SERVICE', 'PHASE', 'READY FOR', 'RESTARTS', 'LAST FAILURE'],
    services.map(({ pilot, service, instance, phase, readySince, restarts, lastFailure }) => [
      pilot,
      instance === 0 ? service : `${service} (${instance})`,
      phase,
      readySince === undefined ? '' : formatDuration((now - readySince) * 1000),
      String(restarts),
      lastFailure ?? '',
    ]),
    colour,
    wide ? {} : { 'LAST FAILURE': widestText },
  );
