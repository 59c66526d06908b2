/** The file that a user keeps in git: from its text to definitions that the engine compiles, or to all that is wrong. */
import { z } from 'zod';

import type { CollectionDescription, SystemRecord } from '../connector/contract.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { readDocument } from '../lib/yaml/document.ts';
import { Findings } from '../lib/yaml/findings.ts';
import type { FileError, Places } from '../lib/yaml/places.ts';
import { checkSide } from './check-against.ts';
import { checkAnnounced, checkAnnouncement } from './check-announce.ts';
import { checkFields } from './check-fields.ts';
import { checkMappings } from './check-mappings.ts';
import { checkReferences } from './check-references.ts';
import { checkSamples } from './check-samples.ts';
import { checkSides } from './check-sides.ts';
import { readConnections, type ConnectionDeclaration, type KnownSystems } from './connections.ts';
import { syncDefinition } from './define.ts';
import { draftFile } from './draft.ts';
import { fileShape } from './shape.ts';

export type { FileError };

export interface SyncFile {
  readonly connections: readonly ConnectionDeclaration[];
  readonly syncs: readonly SyncDefinition[];
  /** The file of the data dictionary, from the folder of this one; null for none. Its rules come in by `withDictionary`. */
  readonly dictionary: string | null;
  /** Where everything stands, for what is found wrong later. */
  readonly places: Places;
}

export type ParsedFile =
  | { readonly kind: 'ok'; readonly file: SyncFile }
  /** In the order of the file, and as many as there are. */
  | { readonly kind: 'errors'; readonly errors: readonly FileError[] };

/** Everything that can be told without asking a system. Never throws, whatever the text. */
export function parseSyncFile(text: string, fileName: string, knownSystems: KnownSystems): ParsedFile {
  const reading = readDocument(text, fileName);
  if (reading.kind === 'errors') return reading;
  const { places } = reading;
  const findings = new Findings(places, reading.errors);
  const draft = draftFile(reading.tree, findings);
  if (draft === null) return { kind: 'errors', errors: findings.errors };
  const connections = readConnections(draft.connections, knownSystems, findings);
  for (const sync of draft.syncs) {
    checkFields(sync, findings);
    checkSides(sync, Object.keys(draft.connections), findings);
    checkMappings(sync, draft.syncs, findings);
    checkAnnouncement(sync, Object.keys(draft.connections), findings);
  }
  checkReferences(draft.syncs, findings);
  if (findings.errors.length > 0) return { kind: 'errors', errors: findings.errors };
  return {
    kind: 'ok',
    file: {
      connections,
      syncs: draft.syncs.map((sync) => syncDefinition(sync, places, draft.syncs)),
      dictionary: draft.dictionary,
      places,
    },
  };
}

/** What can only be told by comparing a sync of the file with what the systems say of its collections, side by side. */
export function checkAgainst(
  file: SyncFile,
  sync: SyncDefinition,
  descriptions: ReadonlyMap<string, CollectionDescription>,
  samples: ReadonlyMap<string, readonly SystemRecord[]> = new Map(),
  announced: ReadonlyMap<string, CollectionDescription> = new Map(),
): readonly FileError[] {
  const findings = new Findings(file.places);
  for (const side of sync.sides) {
    const description = descriptions.get(side.name);
    if (description !== undefined) checkSide(file.syncs, sync, side, description, findings);
  }
  for (const announce of sync.announce ?? []) {
    const description = announced.get(announce.name);
    if (description !== undefined) checkAnnounced(sync, announce, description, findings);
  }
  checkSamples(sync, samples, findings);
  return findings.errors;
}

/** The JSON Schema of the file, for editors that complete and explain as one types. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return {
    title: 'Trueup sync file',
    ...z.toJSONSchema(fileShape, { io: 'input', target: 'draft-07', reused: 'ref' }),
  };
}
