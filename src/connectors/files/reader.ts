import type { ConnectorContext } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { must } from '../../lib/assert.ts';
import { openTable } from './open-table.ts';
import { surveyTable, type Survey } from './records.ts';
import type { FilesSettings } from './settings.ts';
import { formatOf, locateFile, readWhole, type Content } from './source.ts';
import type { Table } from './table.ts';

/** One version of a collection's file, in memory. */
export interface OpenFile {
  readonly path: string;
  readonly content: Content;
  readonly table: Table;
}

export interface Reader {
  readonly settings: FilesSettings;
  locate(collection: string): Promise<string>;
  read(collection: string): Promise<Content>;
  open(collection: string, content?: Content): Promise<OpenFile>;
  /** One pass over all rows, which keeps those of the wanted records. Null when the signal aborted on the way. */
  survey(file: OpenFile, wantedIds: ReadonlySet<string>, signal?: AbortSignal): Promise<Survey | null>;
  /** Lets everything else run for a moment; false once the signal has aborted. */
  breathe(signal?: AbortSignal): Promise<boolean>;
}

/** Most programs save within this time; a reader that meets them in the act looks again. */
const SAVING_TRIES_MAX = 4;
const SAVING_PAUSE_MS = 100;

export function createReader(settings: FilesSettings, context: ConnectorContext): Reader {
  const locate = (collection: string): Promise<string> => locateFile(settings.directory, collection);
  const read = async (collection: string): Promise<Content> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await readWhole(await locate(collection), collection);
      } catch (error) {
        const isSaving = error instanceof ConnectorFailure && error.failure.kind === 'transient';
        if (!isSaving || tried >= SAVING_TRIES_MAX) throw error;
        await context.clock.sleep(SAVING_PAUSE_MS);
      }
    }
  };
  const breathe = async (signal?: AbortSignal): Promise<boolean> => {
    await context.clock.sleep(0, signal);
    return signal?.aborted !== true;
  };
  return {
    settings,
    locate,
    read,
    breathe,
    open: async (collection, known) => {
      const path = await locate(collection);
      const content = known ?? (await read(collection));
      const format = must(formatOf(collection), 'a located file has a format');
      return { path, content, table: await openTable(collection, format, content, settings) };
    },
    survey: (file, wantedIds, signal) =>
      surveyTable(file.table, settings.idColumn, wantedIds, () => breathe(signal)),
  };
}
