export function die(error: unknown): void;
