import { type Expression, list, literal, record } from '#classad/ast.ts';
import { printExpression } from '#classad/print.ts';
import type { ServiceResult } from '#spec/services/result.ts';
import type { Service } from '#spec/services/service.ts';
import { hasService, type SlotAttribute } from '#spec/slot-attributes.ts';
import type { Contribution } from '../slots/advertised.ts';
import type { FoundResults } from './results.ts';
import type { ServiceState } from './service-state.ts';

/** What slots say of an instance. */
export interface AdvertisedInstance {
  readonly service: Service;
  readonly instance: number;
  readonly state: ServiceState;
  readonly found: FoundResults | undefined;
  /** Whether another pilot has found it out. */
  readonly isCached: boolean;
}

/**
 * What the slot advertises of the services: `HasService_NAME`, which jobs ask for; the results; and `GLIDEIN_Services`, a list of
 * records for people, which `glidein status --services` shows.
 */
export function serviceAttributes(instances: readonly AdvertisedInstance[]): Contribution {
  const attributes: Record<string, SlotAttribute> = {};
  for (const { service } of instances) {
    const all = instances.filter((each) => each.service.name === service.name);
    // A job gets one of several instances, and does not choose which.
    attributes[hasService(service.name)] = all.every(({ state }) => state.usable);
  }
  for (const each of instances) Object.assign(attributes, resultsOf(each));
  const services = printExpression(list(instances.map(recordOf)), 'wire');
  return { ...attributes, GLIDEIN_Services: { expression: services } };
}

function resultsOf({ service, found, isCached }: AdvertisedInstance): Record<string, SlotAttribute> {
  if (found === undefined) return {};
  const seconds = Math.floor(found.at / 1000);
  const of = ({ attribute, unit }: ServiceResult): [string, SlotAttribute][] => {
    const value = found.values[attribute];
    if (value === undefined) return [];
    return [
      [attribute, value],
      [`${attribute}_At`, seconds],
      [`${attribute}_Cached`, isCached],
      ...(unit === '' ? [] : [[`${attribute}_Unit`, unit] as [string, SlotAttribute]]),
      ...(service.version === ''
        ? []
        : [[`${attribute}_Version`, service.version] as [string, SlotAttribute]]),
    ];
  };
  return Object.fromEntries(service.results.flatMap(of));
}

function recordOf({ service, instance, state }: AdvertisedInstance): Expression {
  const { phase, readySince, restarts, lastFailure } = state;
  const entries: Readonly<Record<string, string | number | undefined>> = {
    Name: service.name,
    Instance: instance,
    Phase: phase,
    Restarts: restarts,
    ReadySince: readySince === undefined ? undefined : Math.floor(readySince / 1000),
    LastFailure: lastFailure,
  };
  return record(
    Object.entries(entries)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ({ name, expression: literal(value) })),
  );
}
