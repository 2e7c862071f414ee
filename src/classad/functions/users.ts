import type { Scope } from '../scope.ts';
import { ErrorValue, errorValue, typeOf, type Value } from '../value.ts';
import { type FunctionFamily, scoped } from './definition.ts';

/** `userHome(user[, default])`: what counts as no default is everything but a text that is not empty. */
function userHome([user, given]: readonly Value[], { environment }: Scope): Value {
  const home = typeof user === 'string' ? environment.home?.(user) : undefined;
  if (home !== undefined) return home;
  if (typeof given === 'string' && given !== '') return given;
  if (user === undefined || typeof user === 'string') return undefined;
  return user instanceof ErrorValue ? user : errorValue(`${typeOf(user)} is no name of a user`);
}

/** `userMap(map, user[, preferred[, default]])`: there are no maps here, so it is the default or undefined. */
function userMap([map, user, , given]: readonly Value[]): Value {
  if (map instanceof ErrorValue) return map;
  return user instanceof ErrorValue ? user : given;
}

export const users: FunctionFamily = {
  userHome: scoped(1, 2, userHome),
  userMap: scoped(2, 4, userMap),
};
