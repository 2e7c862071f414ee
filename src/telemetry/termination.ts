/**
 * Resolves when the process is asked to end: by SIGTERM, SIGINT or, if wanted, the end of standard input, which also comes
 * when the process that started this one is gone for any reason.
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
