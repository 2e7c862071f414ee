import { z } from 'zod';
import { attributeName, objectName } from './fields.ts';
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

const roleRule = z
  .strictObject({
    claim: attributeName.describe('The claim that is looked at, such as scope or wlcg.groups.'),
    value: z
      .string()
      .min(1)
      .max(256)
      .describe('The word that the claim must be or contain, such as compute.create.'),
    role: role.describe('What the bearer may do then.'),
  })
  .describe('From a claim to a role; of several that fit, all are given.');

/** Somebody whose tokens the pool accepts. Its name, not its `iss`, is the site: many clusters share one `iss`. */
export const trustedIssuer = withRules(
  z.strictObject({
    name: objectName('The name of the entry: the site that the identities belong to.'),
    issuer: https('The iss claim of its tokens.'),
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
    userClaim: attributeName.default('sub').describe('The claim that names the user.'),
    roles: z
      .array(roleRule)
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Which claims give which roles.'),
  }),
  [
    {
      cel: '!(has(self.jwks) && has(self.jwksUrl))',
      path: ['jwks'],
      message: 'jwks and jwksUrl are both given',
      cure: 'write one of them, or none to discover the keys from the issuer',
      holds: (value) => value.jwks === undefined || value.jwksUrl === undefined,
    },
  ],
);

export type TrustedIssuer = z.infer<typeof trustedIssuer>;
