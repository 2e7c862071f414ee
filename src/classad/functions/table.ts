import { asciiLower } from '../names.ts';
import type { FunctionDefinition } from './definition.ts';
import { environments } from './environments.ts';
import { lists } from './lists.ts';
import { meta } from './meta.ts';
import { numbers } from './numbers.ts';
import { regex } from './regex.ts';
import { stringLists } from './string-lists.ts';
import { strings } from './strings.ts';
import { times } from './times.ts';
import { typeTests } from './type-tests.ts';
import { users } from './users.ts';
import { versions } from './versions.ts';

/** Every function by its name in lower case. What is not here is an error value that names it. */
export const functionTable: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    typeTests,
    lists,
    numbers,
    strings,
    stringLists,
    versions,
    regex,
    times,
    meta,
    environments,
    users,
  ].flatMap((family) =>
    Object.entries(family).map(([name, definition]): [string, FunctionDefinition] => [
      asciiLower(name),
      definition,
    ]),
  ),
);
