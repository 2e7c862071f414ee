/**
 * A text of somebody else (a job's arguments, a reason) as one line that a terminal can only print: a control
 * character in it could move the cursor, rename the window or turn what follows around.
 */
export const oneLine = (text: string): string =>
  text.replace(/[\t\n\r]+/g, ' ').replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
