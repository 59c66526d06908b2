/** Keyboard shortcuts: single keys, `mod+key`, and two keys in a row such as `g o`. */
import { useLayoutEffect, useRef } from 'react';

/** Between the two keys of a sequence. */
const SEQUENCE_MS_MAX = 1_200;

export type Keys = Readonly<Record<string, () => void>>;

/**
 * Calls what belongs to a key while mounted. Keys typed into a field, or while a dialog or a menu is open, are left to it; only
 * `mod+` ones reach through.
 */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  // Before the page is seen: what is drawn already answers to its keys.
  useLayoutEffect(() => {
    latest.current = keys;
  });
  useLayoutEffect(() => {
    let before = { key: '', atMs: -SEQUENCE_MS_MAX };
    const listen = (event: KeyboardEvent): void => {
      const mod = event.ctrlKey || event.metaKey;
      if (event.defaultPrevented || event.altKey || (!mod && isTaken(event))) return;
      // When it was pressed, however late a busy page comes to hear of it.
      const pressedMs = event.timeStamp;
      const key = mod ? `mod+${event.key.toLowerCase()}` : event.key;
      const sequence = `${pressedMs - before.atMs < SEQUENCE_MS_MAX ? before.key : ''} ${key}`;
      before = { key, atMs: pressedMs };
      const action = latest.current[sequence] ?? latest.current[key];
      if (action === undefined) return;
      before = { key: '', atMs: pressedMs };
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** Whether the key already means something where it was pressed. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  return (
    key === 'Enter' &&
    target.closest('a:not([aria-current]), button:not([role="radio"], [aria-current])') !== null
  );
}
