/** From the text of a data dictionary to its entries, or to all that is wrong with it. */
import { z } from 'zod';

import { complain } from '../../lib/yaml/complaints.ts';
import { readDocument } from '../../lib/yaml/document.ts';
import { Findings } from '../../lib/yaml/findings.ts';
import type { FileError, Places } from '../../lib/yaml/places.ts';
import { checkEntity } from './check.ts';
import { dictionaryShape, type EntityEntry } from './shape.ts';

/** A dictionary that is good in itself. Whether sync files agree with it is said by `agreement`. */
export interface Dictionary {
  readonly fileName: string;
  readonly entities: ReadonlyMap<string, EntityEntry>;
  readonly places: Places;
}

export type ParsedDictionary =
  | { readonly kind: 'ok'; readonly dictionary: Dictionary }
  /** In the order of the file, and as many as there are. */
  | { readonly kind: 'errors'; readonly errors: readonly FileError[] };

/** Never throws, whatever the text. */
export function parseDictionary(text: string, fileName: string): ParsedDictionary {
  const reading = readDocument(text, fileName);
  if (reading.kind === 'errors') return reading;
  const { places, tree } = reading;
  const findings = new Findings(places, reading.errors);
  const parsed = dictionaryShape.safeParse(tree ?? undefined);
  if (!parsed.success) {
    if (tree === null) findings.atKey([], 'the file is empty', 'Draft one with: trueup dictionary draft');
    else complain(findings, parsed.error.issues, tree, []);
    return { kind: 'errors', errors: findings.errors };
  }
  const entities = new Map(Object.entries(parsed.data.entities));
  for (const [name, entity] of entities) checkEntity(name, entity, findings);
  if (findings.errors.length > 0) return { kind: 'errors', errors: findings.errors };
  return { kind: 'ok', dictionary: { fileName, entities, places } };
}

/** The JSON Schema of the file, for editors that complete and explain as one types. */
export function dictionaryJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    title: 'Trueup data dictionary',
    ...z.toJSONSchema(dictionaryShape, { io: 'input', target: 'draft-07', reused: 'ref' }),
  };
}
