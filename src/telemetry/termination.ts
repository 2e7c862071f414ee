/**
 * Resolves when the process is asked to end: SIGTERM, SIGINT, or, if wanted, the end of standard input, which comes
 * when whoever started the process is gone, however it went.
 */
export function onTermination(options: { withStdin: boolean }): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    if (!options.withStdin) return;
    process.stdin.once('end', () => resolve('the end of standard input'));
    process.stdin.once('error', () => resolve('the end of standard input'));
    process.stdin.resume();
  });
}
