/** What macros need to know of the world. */
export interface MacroWorld {
  readonly file: string;
  readonly directory: string;
  readonly now: number;
  readonly environment: Readonly<Record<string, string>>;
  random(): number;
}
