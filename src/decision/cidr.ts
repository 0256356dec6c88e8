export class CidrSet {
  static parse(_b: readonly string[]): CidrSet {
    return new CidrSet();
  }
  has(a: string): boolean {
    return a !== '';
  }
}
export function formatAddress(b: ArrayBuffer): string {
  return new Uint8Array(b).join('.');
}
