/** Sets of fields as change events write them: bit N stands for the schema's field N, in upper-case hexadecimal. */

/** Null for no field at all, which is left out. */
export function bitmapOf(indexes: readonly number[]): string | null {
  if (indexes.length === 0) return null;
  const bits = indexes.reduce((all, index) => all | (1n << BigInt(index)), 0n);
  const digits = bits.toString(16).toUpperCase();
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}
