import type { ClassAd } from './class-ad.ts';
import type { Environment } from './environment.ts';
import { isTrue } from './value.ts';

/**
 * Whether each ad's Requirements hold for the other: true or a number other than zero. Undefined, an error, a
 * string and missing Requirements, on either side, are no match.
 */
export function symmetricMatch(left: ClassAd, right: ClassAd, environment?: Environment): boolean {
  return (
    isTrue(right.evaluate('Requirements', left, environment)) &&
    isTrue(left.evaluate('Requirements', right, environment))
  );
}
