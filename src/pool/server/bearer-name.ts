import type { Identity } from '../auth/tokens.ts';

/** What all tokens of one bearer have in common, as the key of a map. */
export const bearerName = ({ role, site, subject }: Identity): string => `${role} ${site ?? ''} ${subject}`;
