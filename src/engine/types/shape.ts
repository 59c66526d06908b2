import type { NativeValue } from '../value.ts';

/** What a value is, without saying what it holds: safe for messages and logs. */
export function shapeOf(raw: NativeValue): string {
  if (raw === null) return 'nothing';
  if (Array.isArray(raw)) return `a list of ${String(raw.length)}`;
  if (typeof raw === 'string') return `text of ${String(raw.length)} characters`;
  return typeof raw === 'object' ? 'a structure' : `a ${typeof raw}`;
}
