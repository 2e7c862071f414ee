/**
 * The version of the messages between pilot, client and pool. A pool speaks this version and the one before it;
 * fields are added, never given another meaning, and both sides ignore fields that they do not know.
 */
export const protocolVersion = 1;

/** Whether this program understands a peer that speaks `version`. */
export const speaks = (version: number): boolean =>
  version === protocolVersion || version === protocolVersion - 1;

/** The largest message on a pilot's socket, in bytes. Files travel elsewhere. */
export const maxMessageBytes = 4 * 2 ** 20;
