const block = 512;
const digits = 7;

/** An archive of very many entries, of which only the last digits of the names differ. Empty files, unless `prefix` makes them whiteouts. */
export function manyEntries(count: number, prefix = 'f'): Buffer {
  const archive = Buffer.alloc((count + 2) * block);
  const header = headerOf(`${prefix}${'0'.repeat(digits)}`);
  const sum = header.reduce((all, byte) => all + byte, 8 * 0x20);
  for (let entry = 0; entry < count; entry += 1) {
    const number = String(entry).padStart(digits, '0');
    const at = entry * block;
    header.copy(archive, at);
    archive.write(number, at + prefix.length, 'latin1');
    const more = Array.from(number, Number).reduce((all, digit) => all + digit, 0);
    archive.write(`${(sum + more).toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return archive;
}

/** Without a checksum. */
function headerOf(name: string): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0, 'latin1');
  header.write('0000644\0' + '0000000\0'.repeat(2) + '00000000000\0'.repeat(2), 100, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  return header;
}
