import type { Place } from '#base/error.ts';

/** Something that the user should know, although the submit file is accepted. */
export interface Warning {
  readonly message: string;
  readonly place: Place;
  /** It is about a name that nothing uses, or nothing defines: `-unused` asks for silence about those. */
  readonly isUnused?: boolean;
}
