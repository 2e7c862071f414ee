/** Characters that a terminal acts on instead of printing, except tabs and line ends. */
const acts = /[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]|(?![\t\n])\p{Cc}/gu;

/** A text that may contain what others wrote, without characters that a terminal would act on. */
export const harmless = (text: string): string => text.replace(acts, '\ufffd');

/**
 * A text that somebody else wrote (a job's arguments, a reason) as one harmless line: a control character in it could
 * move the cursor, rename the window or reverse what follows.
 */
export const oneLine = (text: string): string => harmless(text.replace(/[\t\n\r]+/g, ' '));
