/** Numbers and counted words. */
const grouped = new Intl.NumberFormat('en');

/** `1,234,567`. */
export const count = (number: number): string => grouped.format(number);

/** `1 record`, `2 records`, `3 identities` (with its plural given). */
export function counted(number: number, word: string, plural = `${word}s`): string {
  return `${count(number)} ${number === 1 ? word : plural}`;
}

/** `crm`, `crm and billing`, `crm, billing and sheet`. */
export function listed(words: readonly string[]): string {
  const [last = '', ...rest] = words.toReversed();
  return rest.length === 0 ? last : `${rest.toReversed().join(', ')} and ${last}`;
}
