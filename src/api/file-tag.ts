import { createHash } from 'node:crypto';

/** Tells one text of the sync file from another: whoever saves an edit says with it what was edited. */
export function fileTag(source: string): string {
  return createHash('sha256').update(source).digest('hex').slice(0, 32);
}
