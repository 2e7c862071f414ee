/**
 * Tries until `check` does not throw; the last failure is thrown when `milliseconds` are over.
 * @param pause milliseconds between two tries
 */
export async function eventually<T>(
  check: () => Promise<T> | T,
  milliseconds = 30_000,
  pause = 50,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
