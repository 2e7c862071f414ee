import { expect, it } from 'vitest';
import { pilotSpec } from '#spec/pilot.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import { Advertised } from '../slots/advertised.ts';
import { type AdvertisedInstance, serviceAttributes } from './service-attributes.ts';
import { newService, type ServiceState } from './service-state.ts';

const [bench, monitor] = pilotSpec.parse({
  cpus: 4,
  memory: '4Gi',
  gpus: 2,
  services: [
    {
      name: 'bench',
      image: 'i',
      phase: 'BeforePayloads',
      version: 'v2',
      results: [
        { attribute: 'Bench', file: 'r.json', unit: 'HS23' },
        { attribute: 'Kind', pattern: '(x)' },
      ],
    },
    { name: 'monitor', image: 'i', instances: 'PerGpu' },
  ],
}).services;

const said = (
  service: typeof bench,
  instance: number,
  state: Partial<ServiceState> = {},
): AdvertisedInstance => ({
  service: service!,
  instance,
  state: { ...newService, ...state },
  found: undefined,
  isCached: false,
});

it('a slot says of each service whether it can be used: all of its instances must be', () => {
  const both = (first: boolean, second: boolean) =>
    serviceAttributes([said(monitor, 0, { usable: first }), said(monitor, 1, { usable: second })]);
  expect(both(true, true)).toMatchObject({ HasService_monitor: true });
  expect(both(true, false)).toMatchObject({ HasService_monitor: false });
});

it('a slot advertises what a service has found, with its unit, its version and its time', () => {
  const found = { at: 1_700_000_000_500, values: { Bench: 12.5 } };
  expect(serviceAttributes([{ ...said(bench, 0), found, isCached: true }])).toMatchObject({
    Bench: 12.5,
    Bench_Unit: 'HS23',
    Bench_Version: 'v2',
    Bench_At: 1_700_000_000,
    Bench_Cached: true,
  });
  expect(serviceAttributes([said(bench, 0)])).not.toHaveProperty('Bench');
});

it('a slot lists its services with their phases, whatever they have printed', () => {
  const lastFailure = 'it said "no\\way" {{}} ;]';
  const state = { phase: 'Backoff', restarts: 3, lastFailure } as const;
  const advertised = new Advertised({}, () => {});
  advertised.contribute(
    'services',
    serviceAttributes([said(monitor, 1, state), said(bench, 0, { readySince: 5999 })]),
  );
  const ad = adFromTexts(advertised.slot);
  const read = (expression: string) => {
    ad.setText('Asked', expression);
    return ad.evaluate('Asked');
  };
  expect(read('GLIDEIN_Services[0].LastFailure')).toBe(lastFailure);
  expect(read('GLIDEIN_Services[0].Restarts + 10 * GLIDEIN_Services[0].Instance')).toBe(13);
  expect(read('GLIDEIN_Services[1].ReadySince')).toBe(5);
  expect(read('GLIDEIN_Services[1].LastFailure')).toBeUndefined();
});
