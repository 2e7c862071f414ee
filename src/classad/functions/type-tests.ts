import { type TypeName, typeOf } from '../value.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';

function isOf(type: TypeName): FunctionDefinition {
  return pure(1, 1, ([value]) => typeOf(value) === type);
}

/** `isUndefined(x)` and its like: never undefined, never an error, whatever the argument. */
export const typeTests: FunctionFamily = {
  isUndefined: isOf('undefined'),
  isError: isOf('error'),
  isString: isOf('string'),
  isInteger: isOf('integer'),
  isReal: isOf('real'),
  isBoolean: isOf('boolean'),
  isList: isOf('list'),
  isClassAd: isOf('classad'),
  isAbsTime: isOf('abstime'),
  isRelTime: isOf('reltime'),
};
