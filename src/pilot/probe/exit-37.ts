/** The code that a container must return to prove that it ran. No tool fails with this code by accident. */
export const agreedCode = 37;

const machineNumbers: Readonly<Record<string, { elf: number; code: readonly number[] }>> = {
  // mov edi, 37; mov eax, 60 (exit); syscall
  x64: { elf: 62, code: [0xbf, agreedCode, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05] },
  // movz x0, #37; movz x8, #93 (exit); svc #0
  arm64: { elf: 183, code: [0xa0, 0x04, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4] },
};

/**
 * A static ELF64 program of 132 bytes that only calls exit(37): a file header, one loadable segment, three instructions.
 * It is written in bytes here so that the probe needs neither a compiler nor somebody's image.
 * @param architecture as in `process.arch`
 * @returns undefined for any architecture but x64 and arm64
 */
export function exit37Program(architecture: string): Buffer | undefined {
  const machine = machineNumbers[architecture];
  if (machine === undefined) return undefined;
  const header = 64;
  const segment = 56;
  const size = header + segment + machine.code.length;
  const base = 0x40_0000n;
  const bytes = Buffer.alloc(size);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bits, little-endian, version 1
  bytes.writeUInt16LE(2, 16); // executable
  bytes.writeUInt16LE(machine.elf, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(base + BigInt(header + segment), 24); // entry
  bytes.writeBigUInt64LE(BigInt(header), 32); // where the segment table is
  bytes.writeUInt16LE(header, 52);
  bytes.writeUInt16LE(segment, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, header); // load
  bytes.writeUInt32LE(5, header + 4); // read and execute
  bytes.writeBigUInt64LE(base, header + 16);
  bytes.writeBigUInt64LE(base, header + 24);
  bytes.writeBigUInt64LE(BigInt(size), header + 32);
  bytes.writeBigUInt64LE(BigInt(size), header + 40);
  bytes.writeBigUInt64LE(0x1_0000n, header + 48); // 64 KiB: the largest page of arm64
  bytes.set(machine.code, header + segment);
  return bytes;
}
