/** Opens the store: brought to this version, and in a history that is known. */
import { openPool, type Database, type DatabaseOptions, type Lineage } from './database.ts';
import { followLineage } from './lineage.ts';
import { migrate } from './migrate.ts';

const CONNECTIONS_MAX = 10;

export interface StoreOptions extends DatabaseOptions {
  readonly connectionsMax?: number;
  /** These syncs were found in another history than was known, and only observe from now on. */
  readonly onWentBack?: (syncs: readonly string[]) => void;
}

/** Migrates the database and opens it. Fails when it is older than PostgreSQL 15 or written by a newer Trueup. */
export async function openDatabase(options: StoreOptions): Promise<Database> {
  const { isSuperuser } = await migrate(options.url);
  const lineage = await openLineage(options);
  return openPool(options, lineage, isSuperuser, {
    connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX,
  });
}

async function openLineage({ url, onWentBack }: StoreOptions): Promise<Lineage> {
  const look = async (): Promise<string> => {
    const { timeline, recovering } = await followLineage(url);
    if (recovering.length > 0) onWentBack?.(recovering);
    return timeline;
  };
  let timeline = await look();
  let looking: Promise<void> | null = null;
  return {
    get timeline() {
      return timeline;
    },
    // All who meet it at once wait for one look.
    follow: () => {
      looking ??= look()
        .then((found) => {
          timeline = found;
        })
        .finally(() => {
          looking = null;
        });
      return looking;
    },
  };
}
