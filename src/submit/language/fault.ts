import { GlideinError, type Place } from '#base/error.ts';

/** The error for a submit file that is wrong at `place`; `cure` says what to write instead. */
export function submitFault(place: Place, message: string, cure?: string): GlideinError {
  return new GlideinError('InvalidSubmitFile', message, cure === undefined ? { place } : { place, cure });
}

/** The error for something that HTCondor supports and this version does not. */
export function unsupported(place: Place, message: string, cure: string): GlideinError {
  return new GlideinError('Unsupported', message, { place, cure });
}

/** The error for a submit file that exceeds, in whatever way, the limit that the message names. */
export function tooLarge(place: Place, message: string, cure: string): GlideinError {
  return new GlideinError('TooLarge', message, { place, cure });
}

/** Something that the user should know about a submit file that is accepted. */
export interface Warning {
  readonly message: string;
  readonly place: Place;
  /** Whether it is about a name that nothing uses or nothing defines: `-unused` suppresses those. */
  readonly isUnused?: boolean;
}
