import * as z from 'zod';
import { objectName } from './fields.ts';
import { wordSet } from './list.ts';
import { withRules } from './rule.ts';

/** What a token lets its bearer do. */
export const role = z.enum(['Submitter', 'Pilot', 'Operator', 'Admin']);

const https = (sentence: string) =>
  z
    .string()
    .max(1024)
    .regex(/^https:\/\/[^\s]+$/, 'write an https:// address')
    .describe(sentence);

const bearerName = (sentence: string) =>
  z
    .string()
    .max(512)
    .regex(/^([^{}]|\{[^{}]+\})+$/, 'write text and claims in braces, such as {sub}@cern')
    .describe(sentence);

const roleRule = z
  .strictObject({
    claim: z
      .string()
      .max(256)
      .regex(/^[^{}/]+(\/[^{}/]+)*$/, 'write the name of a claim, and "/" to look into it')
      .describe(
        'The claim that is looked at, such as sub, scope or wlcg.groups; "/" looks into one, as in kubernetes.io/namespace.',
      ),
    value: z
      .string()
      .min(1)
      .max(256)
      .describe('What the claim must be, or contain if it is a list or scope, such as compute.create.'),
    role: role.describe('What the bearer may do then.'),
    user: bearerName(
      'Who the bearer is then, if another than the issuer’s user says. Of a Pilot always the uid of its pod.',
    ).optional(),
  })
  .describe('From a claim to a role.');

/** Somebody whose tokens the pool accepts. Its name, not its `iss`, is the site: many clusters share one `iss`. */
export const trustedIssuer = withRules(
  z.strictObject({
    name: objectName('The name of the entry: the site that the identities belong to.'),
    issuer: z
      .string()
      .max(1024)
      .regex(/^[^\s]+$/, 'write the iss claim, mostly an https:// address')
      .describe('The iss claim of its tokens.'),
    audiences: wordSet(z.string().min(1).max(256), 16)
      .min(1)
      .describe('Of these, the aud claim must contain one.'),
    jwksUrl: https('Where its keys are; without it and jwks they are discovered from the issuer.').optional(),
    jwks: z
      .string()
      .min(2)
      .max(65_536)
      .describe('Its keys as a JSON Web Key Set, for an issuer that cannot be reached.')
      .optional(),
    user: bearerName(
      'The owner of the bearer’s jobs: text with claims in braces. {sub}@NAME of this entry if absent; two issuers that make the same name make the same owner.',
    ).optional(),
    roles: z
      .array(roleRule)
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Which claims give which role; the first that fits decides.'),
  }),
  [
    {
      cel: '!(has(self.jwks) && has(self.jwksUrl))',
      path: ['jwks'],
      message: 'jwks and jwksUrl are both given',
      cure: 'write one of them, or none to discover the keys from the issuer',
      holds: (value) => value.jwks === undefined || value.jwksUrl === undefined,
    },
    {
      cel: "has(self.jwks) || has(self.jwksUrl) || self.issuer.startsWith('https://')",
      path: ['issuer'],
      message: 'keys cannot be discovered from an issuer that is no https:// address',
      cure: 'write jwks or jwksUrl',
      holds: (value) =>
        value.jwks !== undefined || value.jwksUrl !== undefined || value.issuer.startsWith('https://'),
    },
  ],
);

export type TrustedIssuer = z.infer<typeof trustedIssuer>;
