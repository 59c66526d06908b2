/** Connections whose accounts may do more than the syncs of a file need, and how to narrow them down. */
import { openConnection } from '../connections.ts';
import type { CollectionUse, ExcessiveRight } from '../connector/contract.ts';
import { ERROR_LOG_SETTING } from '../connector/error-log.ts';
import { ConnectorFailure } from '../connector/failure.ts';
import type { SyncDefinition } from '../engine/model.ts';
import type { Installation } from '../server.ts';
import type { SyncFile } from '../syncfile/sync-file.ts';
import type { Output } from './output.ts';

/** What was found about the account of one connection. */
export interface ConnectionRights {
  readonly connection: string;
  readonly beyond: readonly ExcessiveRight[];
  /** Why the system did not tell; null where it did. */
  readonly unknownBecause: string | null;
}

/** The connections that have something to tell, in the file's order. A system that cannot tell of rights is left out. */
export async function rightsBeyond(
  installation: Installation,
  file: SyncFile,
): Promise<readonly ConnectionRights[]> {
  const found: ConnectionRights[] = [];
  for (const declared of file.connections) {
    const uses = usesOf(declared.name, file.syncs);
    if (uses.length === 0) continue;
    const session = await openConnection(installation, declared);
    try {
      const beyond = (await session.excessiveRights?.(uses)) ?? [];
      if (beyond.length > 0) found.push({ connection: declared.name, beyond, unknownBecause: null });
    } catch (error) {
      if (!(error instanceof ConnectorFailure)) throw error;
      found.push({ connection: declared.name, beyond: [], unknownBecause: error.failure.message });
    } finally {
      await session.close();
    }
  }
  return found;
}

/** What systems lack to show dead letters where that is switched on. The sync does without it, so it is no error of the file. */
export async function errorLogLacks(
  installation: Installation,
  file: SyncFile,
): Promise<readonly { readonly connection: string; readonly lack: string }[]> {
  const found: { readonly connection: string; readonly lack: string }[] = [];
  for (const declared of file.connections) {
    if (declared.settings[ERROR_LOG_SETTING] === undefined) continue;
    const session = await openConnection(installation, declared);
    try {
      const lacks = (await session.errorLog?.lacks()) ?? [];
      found.push(...lacks.map((lack) => ({ connection: declared.name, lack })));
    } finally {
      await session.close();
    }
  }
  return found;
}

/** Several sides may use one collection, each for something else. */
function usesOf(connection: string, syncs: readonly SyncDefinition[]): readonly CollectionUse[] {
  const uses = new Map<string, CollectionUse>();
  for (const side of syncs.flatMap(({ sides }) => sides)) {
    if (side.connection !== connection) continue;
    const known = uses.get(side.collection);
    uses.set(side.collection, {
      collection: side.collection,
      create: side.creates || known?.create === true,
      update: side.fields.some(({ direction }) => direction !== 'in') || known?.update === true,
      delete: side.deletes || known?.delete === true,
    });
  }
  return [...uses.values()];
}

export function showRights(output: Output, rights: readonly ConnectionRights[]): void {
  for (const { connection, beyond, unknownBecause } of rights) {
    if (unknownBecause !== null)
      output.line(`${connection}: what else its account may do could not be seen: ${unknownBecause}`);
    if (beyond.length === 0) continue;
    output.line(`${connection}: its account may do more than these syncs need.`);
    for (const { right, allows, remedy } of beyond) {
      output.line(`  ${right}: it may ${allows}.`);
      for (const line of remedy.split('\n')) output.line(`    ${line}`);
    }
  }
}
