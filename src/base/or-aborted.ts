/** Resolves when `wait` does or `signal` aborts. */
export async function orAborted(wait: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const end = () => aborted.resolve();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  await Promise.race([wait, aborted.promise]);
  signal.removeEventListener('abort', end);
}

/** Resolves when `signal` aborts. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  orAborted(new Promise<never>(() => {}), signal);
