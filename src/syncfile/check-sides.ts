/** Sides as wholes: what they are connected to, what they give, receive and delete, and by what records are matched. */
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { listed, suggest } from '../lib/yaml/suggest.ts';
import type { SideDraft, SyncDraft } from './draft.ts';
import { fieldNamed, hasSide } from './references.ts';

export function checkSides(sync: SyncDraft, connections: readonly string[], findings: Findings): void {
  const path = [...sync.path, 'sides'];
  if (sync.sideNames.length < 2 && findings.places.spot(path) !== null) {
    findings.atKey(
      path,
      `a sync has two or more sides, this one has ${String(sync.sideNames.length)}`,
      'Add another side.',
    );
  }
  for (const side of sync.sides.values()) {
    checkConnection(side, connections, findings);
    checkConditions(side, findings);
  }
  checkSameCollection(sync, findings);
  checkGivers(sync, findings);
  checkMatch(sync, findings);
  checkDeletes(sync, findings);
}

function checkConnection(side: SideDraft, connections: readonly string[], findings: Findings): void {
  const { connection } = side;
  if (connection === null || connections.includes(connection)) return;
  const message = `there is no connection \`${connection}\``;
  findings.atValue([...side.path, 'connection'], message, suggest(connection, connections));
}

/** Two sides over one collection would match every record with itself. */
function checkSameCollection(sync: SyncDraft, findings: Findings): void {
  const takenBy = new Map<string, string>();
  for (const side of sync.sides.values()) {
    if (side.connection === null || side.collection === null) continue;
    const place = `${side.connection} ${side.collection}`;
    const other = takenBy.get(place);
    if (other !== undefined) {
      const message = `\`${side.name}\` is the same collection as \`${other}\``;
      findings.atValue(
        [...side.path, 'collection'],
        message,
        'Name another collection, or remove one of the sides.',
      );
    } else takenBy.set(place, side.name);
  }
}

const TESTS = ['is', 'is_not', 'in', 'not_in'] as const;

function checkConditions(side: SideDraft, findings: Findings): void {
  for (const { path, shape } of side.where) {
    const given = TESTS.filter((test) => shape[test] !== undefined);
    if (given.length === 1) continue;
    const message =
      given.length === 0
        ? 'the condition does not say what the field must hold'
        : `one condition cannot have both ${given.join(' and ')}`;
    findings.atValue(
      path,
      message,
      `Give it one of ${listed(TESTS)}; every condition of the list must hold.`,
    );
  }
}

function checkGivers(sync: SyncDraft, findings: Findings): void {
  const sides = [...sync.sides.values()];
  // A side that could not be read may be the one that gives.
  if (sides.length < sync.sideNames.length || sides.some((side) => [...side.fields.values()].includes(null)))
    return;
  for (const [name, field] of sync.fields) {
    if (field === null || sides.length === 0) continue;
    const mappings = sides.flatMap((side) => side.fields.get(name) ?? []);
    if (mappings.some(({ direction }) => direction !== 'out')) continue;
    const message =
      mappings.length === 0
        ? `no side maps \`${name}\``
        : `no side gives \`${name}\`: all only receive it (direction: out)`;
    findings.atKey(
      field.path,
      message,
      mappings.length === 0
        ? 'Map it at a side, or remove it.'
        : 'Let one side give it: direction: both or in.',
    );
  }
}

function checkMatch(sync: SyncDraft, findings: Findings): void {
  const path = [...sync.path, 'match'];
  const isShort = findings.places.spot([...path, 0]) === null;
  for (const [index, rule] of (sync.match ?? []).entries()) {
    for (const [place, name] of rule.entries()) {
      checkMatchField(sync, name, isShort ? path : [...path, index, place], findings);
    }
  }
}

function checkMatchField(sync: SyncDraft, name: string, path: Path, findings: Findings): void {
  const field = fieldNamed(sync, name, path, 'value', findings);
  if (field === null) return;
  const { type } = field.shape;
  if (field.shape.type === 'reference' && field.shape.many === true)
    findings.atValue(
      path,
      `\`${name}\` names several things, which identify nothing`,
      'Match by a field with one value.',
    );
  if (type === 'set' || type === 'json') {
    findings.atValue(
      path,
      `\`${name}\` is of type ${type}, which identifies nothing`,
      'Match by a field with one value.',
    );
  }
  const without = [...sync.sides.values()].filter((side) => side.fields.size > 0 && !side.fields.has(name));
  if (without.length === 0) return;
  const sides = listed(without.map((side) => side.name));
  findings.atValue(
    path,
    `\`${name}\` is not mapped at ${sides}, so no record there can match by it`,
    `Map \`${name}\` at ${sides}, or match by another field.`,
  );
}

function checkDeletes(sync: SyncDraft, findings: Findings): void {
  const path = [...sync.path, 'deletes'];
  const from = sync.deletes?.from ?? [];
  const known = from.map((side, index) => hasSide(sync, side, [...path, 'from', index], findings));
  if (sync.deletes?.mode !== 'propagate' || known.includes(false) || findings.under([...sync.path, 'sides']))
    return;
  const counting = sync.deletes.from ?? sync.sideNames;
  const receivers = [...sync.sides.values()].filter((side) => side.deletes);
  if (receivers.some((side) => counting.some((other) => other !== side.name))) return;
  const message = 'deletes are to be propagated, and no other side may delete';
  findings.atValue([...path, 'mode'], message, 'Give the side that shall follow `deletes: true`.');
}
