/** Ends a command with an exit code that is not its own: that of a program that it has run elsewhere. Nothing is printed. */
export class ExitCode extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`a program has ended with ${code}`);
    this.code = code;
  }
}
