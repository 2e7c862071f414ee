export function chrooted(
  root: string,
  words: readonly string[],
  folder?: string,
): { command: string; args: string[]; env: Record<string, string> };
