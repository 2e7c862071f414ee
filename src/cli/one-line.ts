/** What a terminal acts on instead of printing it, but for tabs and line ends. */
const acts = /[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]|(?![\t\n])\p{Cc}/gu;

/** A text with what others wrote in it, so that a terminal can only print it. */
export const harmless = (text: string): string => text.replace(acts, '\ufffd');

/**
 * A text of somebody else (a job's arguments, a reason) as one line that a terminal can only print: a control
 * character in it could move the cursor, rename the window or turn what follows around.
 */
export const oneLine = (text: string): string => harmless(text.replace(/[\t\n\r]+/g, ' '));
