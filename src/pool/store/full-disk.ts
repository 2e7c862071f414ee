/** SQLITE_FULL. */
const full = 13;

/** Whether SQLite found the disk full: nothing was changed, and the call may be retried. */
export const isFull = (error: unknown): boolean => (error as { errcode?: number }).errcode === full;
