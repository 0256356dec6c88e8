/**
 * Makes an ELF library ask less insistently for a version of a symbol set, so that an older glibc loads it.
 *
 * A library lists the versions it needs of each library it links to (section `.gnu.version_r`, type SHT_GNU_verneed):
 *
 *   Verneed  libc.so.6 ---> Vernaux GLIBC_2.34 ---> Vernaux GLIBC_2.38 [flags] ---> ...
 *      |
 *      v
 *   Verneed  libm.so.6 ---> ...
 *
 * The loader refuses a library when a version is missing, unless that entry's flags say VER_FLG_WEAK; then the symbols
 * themselves have to be found elsewhere. Layout: the System V ABI, chapter 4, and LSB Core 10.7 "Symbol Version Requirements".
 */

const SHT_GNU_VERNEED = 0x6ffffffe;
const VER_FLG_WEAK = 0x2;

/** Marks each need of `version` in a 64-bit little-endian ELF image as weak, in place. Returns how many there were. */
export function weakenVersionNeed(image: Buffer, version: string): number {
  if (image.readUInt32BE(0) !== 0x7f454c46 || image[4] !== 2 || image[5] !== 1) {
    throw new Error('Not a 64-bit little-endian ELF file.');
  }
  const sectionTable = Number(image.readBigUInt64LE(0x28));
  const sectionBytes = image.readUInt16LE(0x3a);
  const sectionCount = image.readUInt16LE(0x3c);
  let weakened = 0;
  for (let i = 0; i < sectionCount; i++) {
    const section = sectionTable + i * sectionBytes;
    if (image.readUInt32LE(section + 4) !== SHT_GNU_VERNEED) continue;
    const names = sectionTable + image.readUInt32LE(section + 40) * sectionBytes;
    const nameTable = Number(image.readBigUInt64LE(names + 24));
    weakened += weakenInSection(image, Number(image.readBigUInt64LE(section + 24)), nameTable, version);
  }
  return weakened;
}

function weakenInSection(image: Buffer, start: number, nameTable: number, version: string): number {
  let weakened = 0;
  for (let need = start; ; ) {
    let entry = need + image.readUInt32LE(need + 8);
    for (let left = image.readUInt16LE(need + 2); left > 0; left--) {
      if (readName(image, nameTable + image.readUInt32LE(entry + 8)) === version) {
        image.writeUInt16LE(image.readUInt16LE(entry + 4) | VER_FLG_WEAK, entry + 4);
        weakened++;
      }
      entry += image.readUInt32LE(entry + 12);
    }
    const next = image.readUInt32LE(need + 12);
    if (next === 0) return weakened;
    need += next;
  }
}

function readName(image: Buffer, start: number): string {
  return image.toString('latin1', start, image.indexOf(0, start));
}
