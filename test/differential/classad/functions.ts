/** What an argument of a function is meant to be, for the calls that make sense. */
export type ArgumentKind =
  | 'any'
  | 'boolean'
  | 'number'
  | 'integer'
  | 'string'
  | 'list'
  | 'numbers'
  | 'texts'
  | 'ads'
  | 'time'
  | 'instant'
  | 'span'
  | 'version'
  | 'stringList'
  | 'separators'
  | 'pattern'
  | 'options'
  | 'replacement'
  | 'comparison'
  | 'format'
  | 'steps'
  | 'name'
  | 'code'
  | 'environment'
  | 'user'
  | 'when';

/** Arguments of the calls that make sense: how many at least, and what the first, second, … is; the last one repeats. */
export interface Signature {
  readonly least: number;
  readonly kinds: readonly ArgumentKind[];
  /** More arguments than kinds: the last kind again and again. */
  readonly variadic?: true;
  /** The value changes from one moment to the next, always or when there are no arguments: only its type is asked for. */
  readonly volatile?: true | 'without arguments';
}

const of = (...kinds: ArgumentKind[]): Signature => ({ least: kinds.length, kinds });
const from = (least: number, ...kinds: ArgumentKind[]): Signature => ({ least, kinds });
const many = (least: number, ...kinds: ArgumentKind[]): Signature => ({ least, kinds, variadic: true });

/** Every function of the original (facts: its function tables), by the spelling of the manual. */
export const signatures: Readonly<Record<string, Signature>> = {
  isUndefined: of('any'),
  isError: of('any'),
  isString: of('any'),
  isInteger: of('any'),
  isReal: of('any'),
  isBoolean: of('any'),
  isList: of('any'),
  isClassAd: of('any'),
  isAbsTime: of('any'),
  isRelTime: of('any'),
  member: of('any', 'list'),
  identicalMember: of('any', 'list'),
  anyCompare: of('comparison', 'list', 'any'),
  allCompare: of('comparison', 'list', 'any'),
  size: of('any'),
  sum: of('numbers'),
  avg: of('numbers'),
  min: of('numbers'),
  max: of('numbers'),
  int: of('any'),
  real: of('any'),
  string: of('any'),
  bool: of('any'),
  absTime: { least: 1, kinds: ['when', 'integer'], volatile: 'without arguments' },
  relTime: of('when'),
  floor: of('number'),
  ceil: of('number'),
  ceiling: of('number'),
  round: of('number'),
  pow: of('number', 'number'),
  quantize: of('number', 'steps'),
  random: { least: 0, kinds: ['number'], volatile: true },
  strcat: many(0, 'any'),
  join: many(1, 'separators', 'texts', 'any'),
  substr: from(2, 'string', 'integer', 'integer'),
  toUpper: of('string'),
  toLower: of('string'),
  strcmp: of('string', 'string'),
  stricmp: of('string', 'string'),
  split: from(1, 'stringList', 'separators'),
  splitUserName: of('user'),
  splitSlotName: of('user'),
  versioncmp: of('version', 'version'),
  versionGT: of('version', 'version'),
  versionGE: of('version', 'version'),
  versionLT: of('version', 'version'),
  versionLE: of('version', 'version'),
  versionEQ: of('version', 'version'),
  version_in_range: of('version', 'version', 'version'),
  regexp: from(2, 'pattern', 'string', 'options'),
  regexpMember: from(2, 'pattern', 'texts', 'options'),
  regexps: from(3, 'pattern', 'string', 'replacement', 'options'),
  replace: from(3, 'pattern', 'string', 'replacement', 'options'),
  replaceall: from(3, 'pattern', 'string', 'replacement', 'options'),
  stringListSize: from(1, 'stringList', 'separators'),
  stringListSum: from(1, 'stringList', 'separators'),
  stringListAvg: from(1, 'stringList', 'separators'),
  stringListMin: from(1, 'stringList', 'separators'),
  stringListMax: from(1, 'stringList', 'separators'),
  stringListMember: from(2, 'string', 'stringList', 'separators'),
  stringListIMember: from(2, 'string', 'stringList', 'separators'),
  stringListSubsetMatch: from(2, 'stringList', 'stringList', 'separators'),
  stringListISubsetMatch: from(2, 'stringList', 'stringList', 'separators'),
  stringListsIntersect: from(2, 'stringList', 'stringList', 'separators'),
  stringList_regexpMember: from(2, 'pattern', 'stringList', 'separators', 'options'),
  time: { least: 0, kinds: [], volatile: true },
  currentTime: { least: 0, kinds: [], volatile: true },
  timeZoneOffset: of(),
  dayTime: { least: 0, kinds: [], volatile: true },
  getYear: of('instant'),
  getMonth: of('instant'),
  getDayOfYear: of('instant'),
  getDayOfMonth: of('instant'),
  getDayOfWeek: of('instant'),
  getDays: of('span'),
  getHours: of('time'),
  getMinutes: of('time'),
  getSeconds: of('time'),
  splitTime: of('time'),
  formatTime: { least: 1, kinds: ['instant', 'format'], volatile: 'without arguments' },
  interval: of('integer'),
  ifThenElse: of('boolean', 'any', 'any'),
  eval: of('code'),
  unparse: of('name'),
  unresolved: from(1, 'name', 'pattern'),
  debug: of('any'),
  evalInEachContext: of('any', 'ads'),
  countMatches: of('any', 'ads'),
  envV1ToV2: of('environment'),
  mergeEnvironment: many(0, 'environment'),
  listToArgs: of('texts'),
  argsToList: from(1, 'environment', 'integer'),
  userHome: from(1, 'user', 'string'),
  userMap: from(2, 'user', 'string', 'string', 'string'),
};
