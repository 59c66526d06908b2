import { endsLine } from './csv-dialect.ts';
import type { Edit } from './table.ts';

type Changed = Extract<Edit, { readonly kind: 'replace' }>;
type Added = Extract<Edit, { readonly kind: 'append' }>;

/**
 * A text file with some of its rows replaced, removed or added: every other byte stays as it is, also rows that could
 * not be read. The pieces share the file's memory.
 */
export function splice(
  bytes: Buffer,
  edits: readonly Edit[],
  lineEnd: string,
  render: (edit: Changed | Added) => Buffer,
): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const inPlace = edits.filter((edit) => edit.kind !== 'append');
  let kept = 0;
  for (const edit of inPlace.toSorted((left, right) => left.row.span.start - right.row.span.start)) {
    const { start, end } = edit.row.span;
    pieces.push(bytes.subarray(kept, start));
    if (edit.kind === 'replace')
      pieces.push(render(edit), bytes.subarray(lineEndStart(bytes, start, end), end));
    kept = end;
  }
  pieces.push(bytes.subarray(kept));
  const added = edits.filter((edit) => edit.kind === 'append');
  // No piece left means that the last JSON line went away: a lone line end says "empty on purpose".
  const last = pieces.findLast((piece) => piece.length > 0);
  if (last === undefined ? added.length === 0 : added.length > 0 && !endsLine(last))
    pieces.push(Buffer.from(lineEnd));
  for (const edit of added) pieces.push(render(edit), Buffer.from(lineEnd));
  return pieces;
}

function lineEndStart(bytes: Buffer, start: number, end: number): number {
  let at = end;
  if (at > start && bytes[at - 1] === 0x0a) at -= 1;
  if (at > start && bytes[at - 1] === 0x0d) at -= 1;
  return at;
}
