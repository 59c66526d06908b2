/** A fast hash of plain data (FNV-1a over 32 bits): for telling whether two runs went the same way, not for security. */
export function digest(hash: number, value: unknown): number {
  switch (typeof value) {
    case 'string':
      return mixText(hash ^ 1, value);
    case 'number':
      return mixText(hash ^ 2, String(value));
    case 'boolean':
      return mix(hash, value ? 3 : 4);
    case 'object':
      return value === null ? mix(hash, 5) : mixObject(hash, value);
    default:
      return mix(hash, 6);
  }
}

function mixObject(before: number, value: object): number {
  let hash = mix(before, 7);
  for (const [key, member] of Object.entries(value)) hash = digest(mixText(hash, key), member);
  return mix(hash, 8);
}

function mixText(before: number, text: string): number {
  let hash = before;
  for (let index = 0; index < text.length; index += 1) hash = mix(hash, text.charCodeAt(index));
  return mix(hash, text.length);
}

function mix(hash: number, part: number): number {
  return Math.imul(hash ^ part, 0x0100_0193);
}
