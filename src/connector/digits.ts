/** True when JavaScript would round the number that JSON text spells as `source`, so that only its text is the whole truth. */
export function losesDigits(value: number, source: string): boolean {
  if (Number.isSafeInteger(value) && /^-?\d+$/.test(source)) return false;
  const digits = source
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '');
  return digits.length > 15;
}
