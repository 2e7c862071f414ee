import { GlideinError, type Place } from '#base/error.ts';

/** A submit file is wrong at `place`; `cure` says what to write instead. */
export function submitFault(place: Place, message: string, cure?: string): GlideinError {
  return new GlideinError('InvalidSubmitFile', message, cure === undefined ? { place } : { place, cure });
}

/** The submit file asks for something that HTCondor knows and this version does not do. */
export function unsupported(place: Place, message: string, cure: string): GlideinError {
  return new GlideinError('Unsupported', message, { place, cure });
}

/** The submit file is larger, in whatever way, than the limit that the message names. */
export function tooLarge(place: Place, message: string, cure: string): GlideinError {
  return new GlideinError('TooLarge', message, { place, cure });
}
