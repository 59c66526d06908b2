/** Suggestions as a table for a spreadsheet, and the decisions that come back in it. */
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

import type { FieldDefinition } from '../../engine/model.ts';
import type { Value } from '../../engine/value.ts';
import type { StoredBundle } from '../../store/contract.ts';
import type { ListedSuggestion } from '../../store/matches.ts';
import type { PairDecision } from '../../worker/decide-matches.ts';

const ID_COLUMN = 'suggestion';
const DECISION_COLUMN = 'decision';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What each pair is told by: who they are, why they are alike, and every field of both side by side. */
export function sheetHead(fields: readonly FieldDefinition[]): readonly string[] {
  const values = fields.flatMap(({ name }) => [`${name} (one)`, `${name} (other)`]);
  return [ID_COLUMN, DECISION_COLUMN, 'likeness', 'kind', 'why', 'one', 'other', ...values];
}

export function sheetRow(
  fields: readonly FieldDefinition[],
  { suggestionId, score, kind, why }: ListedSuggestion,
  one: StoredBundle,
  other: StoredBundle,
): readonly string[] {
  const values = fields.flatMap(({ name }) =>
    [one, other].map(({ identity }) => shown(identity.golden[name] ?? null)),
  );
  const likeness = String(Math.round(score * 100));
  return [suggestionId, '', likeness, kind, why, recordsOf(one), recordsOf(other), ...values];
}

function recordsOf({ links }: StoredBundle): string {
  return links.map(({ side, recordId }) => `${side} ${recordId}`).join(', ');
}

function shown(value: Value): string {
  if (value === null) return '';
  return typeof value === 'object' ? value.join(', ') : String(value);
}

/** A cell that a spreadsheet would run begins with an apostrophe. */
export function sheetText(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true },
  );
}

/** A decision with the row it stands in; the head is row 1. */
interface SheetDecision extends PairDecision {
  readonly row: number;
}

export interface WrongRow {
  readonly row: number;
  readonly reason: string;
}

type Sheet =
  | { readonly kind: 'decisions'; readonly decisions: readonly SheetDecision[]; readonly undecided: number }
  | { readonly kind: 'wrong'; readonly rows: readonly WrongRow[] };

const KINDS: ReadonlyMap<string, PairDecision['kind']> = new Map([
  ['confirm', 'confirm'],
  ['reject', 'reject'],
]);

/** Reads what was decided; columns may be moved, rows sorted and left out. Every row that cannot be read is told. */
export function readSheet(text: string): Sheet {
  const delimiter = /^[^\n]*;[^\n]*/.test(text) && !/^[^\n]*,/.test(text) ? ';' : ',';
  let cells: readonly (readonly string[])[];
  try {
    cells = parse(text, { bom: true, delimiter, relax_column_count: true, skip_empty_lines: true });
  } catch (error) {
    return { kind: 'wrong', rows: [{ row: 1, reason: `it is no CSV: ${(error as Error).message}` }] };
  }
  const [head = [], ...rows] = cells;
  const [idPlace, decisionPlace] = [head.indexOf(ID_COLUMN), head.indexOf(DECISION_COLUMN)];
  if (idPlace < 0 || decisionPlace < 0)
    return {
      kind: 'wrong',
      rows: [{ row: 1, reason: `the columns ${ID_COLUMN} and ${DECISION_COLUMN} are needed` }],
    };
  const decisions: SheetDecision[] = [];
  const wrong: WrongRow[] = [];
  for (const [index, row] of rows.entries()) {
    const at = index + 2;
    const [id, word] = [(row[idPlace] ?? '').trim(), (row[decisionPlace] ?? '').trim().toLowerCase()];
    const kind = KINDS.get(word);
    if (word === '') continue;
    if (!UUID.test(id)) wrong.push({ row: at, reason: `${JSON.stringify(id)} is no id of a suggestion` });
    else if (kind === undefined)
      wrong.push({
        row: at,
        reason: `the decision is ${JSON.stringify(word)}: write confirm, reject or nothing`,
      });
    else decisions.push({ row: at, suggestionId: id, kind });
  }
  if (wrong.length > 0) return { kind: 'wrong', rows: wrong };
  return { kind: 'decisions', decisions, undecided: rows.length - decisions.length };
}
