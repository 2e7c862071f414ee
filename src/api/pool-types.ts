import * as z from 'zod';
import { accounting } from '#spec/accounting.ts';
import { concurrencyLimits } from '#spec/concurrency-limits.ts';
import { byteQuantity, duration, objectName, quantity } from '#spec/fields.ts';
import { keyedList, wordSet } from '#spec/list.ts';
import { filesPerOwner } from '#spec/pool-spec.ts';
import { trustedIssuer } from '#spec/trusted-issuer.ts';

const secretKey = (what: string) =>
  z
    .strictObject({
      name: objectName('The name of a Secret in the same namespace.'),
      key: z.string().min(1).max(253).describe('The key within the Secret.'),
    })
    .describe(what);

const address = (sentence: string) => z.string().min(1).max(253).describe(sentence);

/** A pool of this project, run here. */
export const embeddedPool = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .max(1024)
      .describe('The container image; the operator’s own if absent.')
      .optional(),
    storage: z
      .strictObject({
        size: byteQuantity('The size of the volume for queue, history and files.').default('10Gi'),
        storageClassName: objectName(
          'The storage class; the cluster’s default if absent. It must not be a network file system, where locks fail.',
        ).optional(),
        accessMode: z
          .enum(['ReadWriteOncePod', 'ReadWriteOnce'])
          .default('ReadWriteOncePod')
          .describe(
            'How the volume is claimed. ReadWriteOncePod: the cluster ensures that only one pod has it. ReadWriteOnce: for storage that does not support that; the volume is bound to one node.',
          ),
        whenDeleted: z
          .enum(['Retain', 'Delete'])
          .default('Retain')
          .describe('What happens to jobs and files when the GlideinPool is deleted.'),
      })
      .prefault({})
      .describe('Where queue, history and files are kept.'),
    resources: z
      .strictObject({
        cpu: quantity('Cores for the pool.').default('1'),
        memory: byteQuantity('Memory for the pool.').default('1Gi'),
        cpuLimit: quantity(
          'The most cores that the pool may use, for namespaces whose quota counts limits.cpu; no limit if absent.',
        ).optional(),
      })
      .prefault({})
      .describe('What the pool’s pod requests; its memory is also limited to that.'),
    jobLease: duration(
      'A pilot that is silent for this long has lost its jobs, which then run again.',
    ).default('40m'),
    metrics: z
      .enum(['Token', 'Open'])
      .default('Token')
      .describe(
        'Who may read the pool’s /metrics. Token: holders of a token for the pool, such as the operator. Open: everybody who can reach the pool, such as Prometheus.',
      ),
    tls: z
      .strictObject({
        secretName: objectName(
          'A Secret in the same namespace with tls.crt, tls.key and ca.crt, such as cert-manager keeps it. Its certificate is for NAME-pool.NAMESPACE.svc and for localhost, to which clients forward a port.',
        ),
      })
      .optional()
      .describe(
        'The certificate that the pool serves with, if somebody else makes and renews it; the pool takes a renewed one without a restart. If absent, the operator makes it, and an authority for this pool alone.',
      ),
    trustedIssuers: keyedList(trustedIssuer, 'name', 64)
      .default([])
      .describe('Issuers whose tokens are accepted, besides this cluster and the pool itself.'),
    concurrencyLimits: concurrencyLimits.describe(
      'The amounts of what jobs name in concurrency_limits, such as licences. What is neither named here nor covered by * is limited to 2308032, as in HTCondor.',
    ),
    filesPerOwner: filesPerOwner.optional(),
    accounting: accounting
      .describe(
        'How slots are divided when there are not enough for all. If absent, every user has the same factor, and past use counts half after a day.',
      )
      .optional(),
  })
  .describe('A pool of this project, run here.');

export type EmbeddedPool = z.infer<typeof embeddedPool>;

/** An embedded pool that runs elsewhere. */
export const remotePool = z
  .strictObject({
    address: z
      .string()
      .max(1024)
      .regex(/^https:\/\/[^\s]+$/, 'write an https:// address')
      .describe('The address of the pool.'),
    caSecret: secretKey('The certificate authority of the pool, unless it is a public one.').optional(),
    tokenSecret: secretKey(
      'The operator’s token; if absent, the operator uses its service-account token.',
    ).optional(),
    site: objectName('The name by which the pool trusts this cluster.'),
  })
  .describe(
    'An embedded pool that runs at another site or in another namespace. Not supported yet, and therefore refused.',
  );

export type RemotePool = z.infer<typeof remotePool>;

/** A real HTCondor pool. */
export const htcondorPool = z
  .strictObject({
    collectors: wordSet(address('HOST or HOST:PORT of a collector.'), 16)
      .min(1)
      .describe('The collectors, the preferred one first.'),
    trustDomain: z.string().min(1).max(253).describe('The TRUST_DOMAIN of the pool.'),
    signingKeySecret: secretKey('The key that signs the tokens of pilots.').optional(),
    tokenSecret: secretKey('A token that all pilots use, if there is no signing key.').optional(),
    schedds: wordSet(address('The name of a schedd.'), 64)
      .describe('The schedds whose jobs count; all schedds of the pool if absent.')
      .optional(),
  })
  .describe('A real HTCondor pool. Not supported yet, and therefore refused.');

export type HTCondorPool = z.infer<typeof htcondorPool>;
