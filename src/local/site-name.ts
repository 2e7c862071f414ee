/** The name under which pilots on this machine are offered. */
export const siteName = 'local';
