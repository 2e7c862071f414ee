import type { Place } from '#base/error.ts';

/** Something that the user should know about a submit file that is accepted. */
export interface Warning {
  readonly message: string;
  readonly place: Place;
  /** Whether it is about a name that nothing uses or nothing defines: `-unused` suppresses those. */
  readonly isUnused?: boolean;
}
