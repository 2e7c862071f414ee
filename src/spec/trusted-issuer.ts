import * as z from 'zod';
import { objectName } from './fields.ts';
import { wordSet } from './list.ts';
import { withRules } from './rule.ts';

/** What the bearer of a token may do. */
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
      .regex(
        /^[^{}/]+(\/[^{}/]+)*$/,
        'write the name of a claim, with "/" before the name of each claim within it',
      )
      .describe(
        'The claim that is checked, such as sub, scope or wlcg.groups; "/" leads into a nested claim, as in kubernetes.io/namespace.',
      ),
    value: z
      .string()
      .min(1)
      .max(256)
      .describe('What the claim must be, or contain if it is a list or scope, such as compute.create.'),
    role: role.describe('The role that the bearer then has.'),
    user: bearerName(
      'Who the bearer then is, in place of the issuer’s user. A Pilot is always known by the uid of its pod.',
    ).optional(),
  })
  .describe('Gives a role to bearers with a certain claim.');

/** An issuer whose tokens the pool accepts. Its name, not its `iss`, is the site: many clusters share one `iss`. */
export const trustedIssuer = withRules(
  z.strictObject({
    name: objectName('The name of the entry, which is the site that its identities belong to.'),
    issuer: z
      .string()
      .max(1024)
      .regex(/^[^\s]+$/, 'write the iss claim, usually an https:// address')
      .describe('The iss claim of its tokens.'),
    audiences: wordSet(z.string().min(1).max(256), 16)
      .min(1)
      .describe('The aud claim must contain one of these.'),
    jwksUrl: https(
      'Where its keys are; without jwksUrl and jwks they are discovered from the issuer.',
    ).optional(),
    jwks: z
      .string()
      .min(2)
      .max(65_536)
      .describe('Its keys as a JSON Web Key Set, for an issuer that cannot be reached.')
      .optional(),
    user: bearerName(
      'The owner of the bearer’s jobs: text with claims in braces; {sub}@NAME with the name of this entry if absent. Two issuers that produce the same name share one owner.',
    ).optional(),
    roles: z
      .array(roleRule)
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Which claims give which role; the first that matches decides.'),
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
      message: 'keys cannot be discovered from an issuer that is not an https:// address',
      cure: 'write jwks or jwksUrl',
      holds: (value) =>
        value.jwks !== undefined || value.jwksUrl !== undefined || value.issuer.startsWith('https://'),
    },
  ],
);

export type TrustedIssuer = z.infer<typeof trustedIssuer>;
