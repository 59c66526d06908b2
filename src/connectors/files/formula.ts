/** Characters with which spreadsheets begin a formula, in their plain and full-width forms. */
const FORMULA_START = /^[\s\u00a0\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\0]/;
/** Signed numbers and telephone numbers begin with the same signs and are harmless. */
const NUMBER_OR_PHONE = /^[\s\u00a0]*[+-]\s?\d[\d\s().,/-]*(?:[eE][+-]?\d+)?$/;

/** Would a spreadsheet that opens this text, or one of its lines, run it as a formula? */
export function runsAsFormula(text: string): boolean {
  return text.split(/\r\n|\n|\r/).some((line) => FORMULA_START.test(line) && !NUMBER_OR_PHONE.test(line));
}
