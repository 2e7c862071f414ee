export const rooms: Readonly<
  Record<
    string,
    {
      readonly may: readonly string[];
      readonly pure?: boolean;
      readonly folders?: Readonly<Record<string, readonly string[]>>;
    }
  >
>;
export const lifeOfAJob: readonly { readonly from: string; readonly to: string; readonly says: string }[];
export const ioModules: readonly string[];
export const notInPilot: readonly string[];
