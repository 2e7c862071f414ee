import { escaped } from './terminal.ts';

/** A value as JSON, which often is what others wrote, and often is printed on a terminal: the same value without characters that it would act on. */
export const jsonText = (value: unknown, indent?: number): string =>
  escaped(JSON.stringify(value, null, indent));
