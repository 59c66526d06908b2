/** `1 record`, `1,234 records`; with a plural of its own, and a verb where it follows: `counted(n, 'letter tries', 'letters try')`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}
