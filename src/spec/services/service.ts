import * as z from 'zod';
import { signalNames } from '#base/signals.ts';
import { bind } from '../binds.ts';
import { byteQuantity, duration } from '../fields.ts';
import { keyedList } from '../list.ts';
import { withRules } from '../rule.ts';
import { absolutePath, shortName, variables, words } from './names.ts';
import { servicePort } from './port.ts';
import { liveness, readiness } from './probe.ts';
import { serviceResult } from './result.ts';
import { serviceRules, unknownTemplates } from './service-rules.ts';

const restart = z
  .strictObject({
    policy: z
      .enum(['Never', 'OnFailure', 'Always'])
      .default('OnFailure')
      .describe('After which ends the service starts again. OnFailure: after all but exit code 0.'),
    backoff: duration('The time until the first restart; until each further one, twice as long.').default(
      '1s',
    ),
    maxBackoff: duration('The longest time until a restart.').default('1m'),
    max: z
      .int()
      .min(0)
      .max(1000)
      .default(5)
      .describe(
        'How many restarts in a row there are. A service that has been ready for ten minutes begins a new row.',
      ),
  })
  .prefault({})
  .describe('What happens when the service ends by itself.');

const resources = z
  .strictObject({
    cpus: z
      .int()
      .min(0)
      .max(4096)
      .default(0)
      .describe(
        'Cores that slots do not offer. The service is kept to so many, or to one, unless it runs before payloads.',
      ),
    memory: byteQuantity(
      'Memory that slots do not offer; a service that takes more is killed, and has failed.',
    ).default('128Mi'),
    disk: byteQuantity(
      'Disk that slots do not offer; a service that takes more is killed, and has failed.',
    ).default('128Mi'),
    gpus: z.int().min(0).max(64).default(0).describe('GPUs that slots do not offer.'),
  })
  .prefault({})
  .describe(
    'What each instance takes of the pilot. A service that runs before payloads is bound by it, but takes nothing away from jobs.',
  );

const discovery = z
  .strictObject({
    env: variables(
      'Environment variables that payloads get, such as TRITON_GRPC_URL: "127.0.0.1:{{port.grpc}}".',
      32,
    ),
  })
  .prefault({})
  .describe('How payloads find the service, besides the file that the variable GLIDEIN_SERVICES names.');

const stop = z
  .strictObject({
    signal: z.enum(signalNames).default('SIGTERM').describe('The signal that asks the service to end.'),
    grace: duration('The time until it is killed.').default('10s'),
  })
  .prefault({})
  .describe('How the pilot ends the service.');

const object = z.strictObject({
  name: shortName('The name: slots have the attribute HasService_NAME.'),
  image: z
    .string()
    .min(1)
    .max(1024)
    .describe('The image, named as jobs name theirs: NAME, /PATH or docker://NAME.'),
  command: words('The program. If it is absent, the program of the image runs.', 16).default([]),
  args: words(
    'Arguments of the program. Here, in env, in probes and in discovery, {{port.NAME}}, {{name}} and {{instance}} are replaced.',
    128,
  ).default([]),
  env: variables(
    'Environment variables of the service. Nothing else of the environment comes with them.',
    64,
  ),
  cwd: absolutePath
    .default('/srv')
    .describe('Where the program starts. /srv is a directory of the service, empty at each start.'),
  binds: z
    .array(bind)
    .max(8)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .default([])
    .describe('Directories and files of the pilot that the service sees, such as models.'),
  phase: z
    .enum(['BeforePayloads', 'WithPayloads', 'Periodic'])
    .default('WithPayloads')
    .describe(
      'BeforePayloads: it runs once, to its end, before the pilot registers. WithPayloads: it stays. Periodic: it runs to its end again and again, beside payloads.',
    ),
  period: duration('For Periodic: the time from the end of one run to the next.').default('1h'),
  timeLimit: duration(
    'For BeforePayloads and Periodic: a run that takes longer is killed, and has failed.',
  ).default('10m'),
  ports: keyedList(servicePort, 'name', 8).default([]).describe('Ports on 127.0.0.1.'),
  readiness,
  liveness,
  startLimit: duration(
    'For WithPayloads: a service that is not ready after this time is killed, and has failed.',
  ).default('5m'),
  restart,
  required: z
    .boolean()
    .default(false)
    .describe(
      'Whether the pilot is of no use without the service: it registers only once the service is ready, fails if that never happens, and drains if the service fails for good later.',
    ),
  dependsOn: z
    .array(shortName('A service that stands before this one in the list.'))
    .max(8)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe('Services that must be ready, or have run, before this one starts.'),
  instances: z
    .enum(['PerPilot', 'PerGpu'])
    .default('PerPilot')
    .describe('PerGpu: one for each GPU that slots offer, which it shares with the job that gets the GPU.'),
  resources,
  discovery,
  results: keyedList(serviceResult, 'attribute', 8)
    .default([])
    .describe('What slots advertise of what the service has found out.'),
  version: z
    .string()
    .max(64)
    .default('')
    .describe('The version of what is measured. Results of another version are not taken from the cache.'),
  cacheFor: duration(
    'How long results hold for nodes of the same model that share the cache directory. If it is absent, the service runs in each pilot.',
  ).optional(),
  logLimit: byteQuantity('How much of the output is kept; the end of it, if there is more.').default('10Mi'),
  stop,
});

/** A program that runs in a container of its own beside the payloads of a pilot, or before them. */
export const service = withRules(object, serviceRules).superRefine((value, context) => {
  for (const name of unknownTemplates(value))
    context.addIssue({
      code: 'custom',
      message: `{{${name}}} stands for nothing`,
      params: {
        cure: 'write {{name}}, {{instance}} or {{port.NAME}} with the name of a port of the service',
      },
    });
});

export type Service = z.output<typeof object>;
