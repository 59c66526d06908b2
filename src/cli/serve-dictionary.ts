/** The data dictionary as the console shows it: read from the folder of the installation each time it is asked for. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { DictionaryFormat, DictionarySeen, DictionaryWork } from '../api/host.ts';
import type { EntityPage } from '../engine/entity-page.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { must, unreachable } from '../lib/assert.ts';
import type { FilesWork } from '../serve.ts';
import type { Installation } from '../server.ts';
import { allSyncs } from '../store/control.ts';
import { newestSource } from '../store/revisions.ts';
import { parseDictionary, type Dictionary } from '../syncfile/dictionary/dictionary.ts';
import { draftDictionary } from '../syncfile/dictionary/draft.ts';
import { entitySchema } from '../syncfile/dictionary/entity-schema.ts';
import { dictionaryPage } from '../syncfile/dictionary/html.ts';
import { markdownPage } from '../syncfile/dictionary/markdown.ts';
import { entityPages } from '../syncfile/dictionary/page.ts';
import { parseSyncFile, type FileError } from '../syncfile/sync-file.ts';
import { SYNC_FILE } from './init.ts';
import { leadsOut, syncFileWork } from './serve-file.ts';
import { knownSettings } from './sync-file.ts';

/** What the API does with the files of an installation. */
export const filesWork: FilesWork = { file: syncFileWork, dictionary: dictionaryWork };

type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'bad'; readonly fileName: string; readonly complaint: string }
  | { readonly kind: 'good'; readonly dictionary: Dictionary };

export function dictionaryWork(here: Installation): DictionaryWork {
  const known = async (): Promise<{ readonly source: string; readonly syncs: readonly SyncDefinition[] }> =>
    here.transaction(async (tx) => ({
      source: (await newestSource(tx)) ?? '',
      syncs: (await allSyncs(tx)).map(({ definition }) => definition),
    }));
  return {
    seen: async () => {
      const { source, syncs } = await known();
      return seenOf(await findDictionary(here, source), syncs);
    },
    exported: async (format) => {
      const { source, syncs } = await known();
      const found = await findDictionary(here, source);
      return found.kind === 'good' ? fileOf(found.dictionary, syncs, format) : null;
    },
  };
}

async function findDictionary({ directory }: Installation, source: string): Promise<Found> {
  const parsed = parseSyncFile(source, SYNC_FILE, knownSettings());
  const fileName = parsed.kind === 'ok' ? parsed.file.dictionary : null;
  if (fileName === null) return { kind: 'none' };
  // Whatever wrote the sync file has no business in the rest of the server's files.
  const text = leadsOut(fileName)
    ? null
    : await readFile(join(directory, fileName), 'utf8').catch(() => null);
  if (text === null)
    return { kind: 'bad', fileName, complaint: 'there is no such file in the folder of the installation' };
  const dictionary = parseDictionary(text, fileName);
  return dictionary.kind === 'ok'
    ? { kind: 'good', dictionary: dictionary.dictionary }
    : { kind: 'bad', fileName, complaint: complaintOf(dictionary.errors) };
}

function complaintOf([first, ...others]: readonly FileError[]): string {
  const { line, path, message } = must(first, 'a file that is wrong has an error');
  const more = others.length === 0 ? '' : `, and ${String(others.length)} more`;
  return `line ${String(line)}, ${path}: ${message}${more}`;
}

function seenOf(found: Found, syncs: readonly SyncDefinition[]): DictionarySeen {
  switch (found.kind) {
    case 'good': {
      const { dictionary } = found;
      return {
        fileName: dictionary.fileName,
        complaint: null,
        entities: entityPages(dictionary, syncs),
      };
    }
    case 'bad':
      return { fileName: found.fileName, complaint: found.complaint, entities: fromSyncs(syncs) };
    case 'none':
      return { fileName: null, complaint: null, entities: fromSyncs(syncs) };
    default:
      return unreachable(found);
  }
}

/** What the syncs alone say: nothing that only a person knows, and nothing that a draft would guess. */
function fromSyncs(syncs: readonly SyncDefinition[]): readonly EntityPage[] {
  const drafted = parseDictionary(draftDictionary(syncs, new Map()), '');
  if (drafted.kind === 'errors') return [];
  return entityPages(drafted.dictionary, syncs).map((entity) => ({
    ...entity,
    fields: entity.fields.map((field) => ({
      ...field,
      sensitivity: '',
      values: field.values.map((value) => ({ ...value, meaning: '' })),
    })),
  }));
}

function fileOf(dictionary: Dictionary, syncs: readonly SyncDefinition[], format: DictionaryFormat): string {
  switch (format) {
    case 'markdown':
      return markdownPage(entityPages(dictionary, syncs));
    case 'html':
      return dictionaryPage(entityPages(dictionary, syncs));
    case 'json-schema':
      return `${JSON.stringify(entitySchema(dictionary), null, 2)}\n`;
    default:
      return unreachable(format);
  }
}
