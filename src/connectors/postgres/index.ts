import type { Connector } from '../../connector/contract.ts';
import { CODES } from './codes.ts';
import { createDatabase, textIn, type Database } from './database.ts';
import type { Access } from './describe.ts';
import { refuse } from './failures.ts';
import { SCORE } from './score.ts';
import { createSession } from './session.ts';
import { SETTINGS, settingsOf, type Settings } from './settings.ts';

const VERSION_MIN = 130_000;

/** Tables of PostgreSQL 13 and later. */
export const postgres: Connector = {
  system: 'postgres',
  title: 'PostgreSQL',
  settings: SETTINGS,
  failures: CODES,
  score: SCORE,
  open: async (given, context) => {
    const settings = settingsOf(given);
    const database = createDatabase(settings.connection);
    try {
      return createSession(database, settings, await accessOf(database, settings), context);
    } catch (error) {
      await database.close();
      throw error;
    }
  },
};

/** The first statement also proves that the account works. */
async function accessOf(database: Database, settings: Settings): Promise<Access> {
  const text = `select current_setting('server_version_num'), current_setting('server_version'), pg_is_in_recovery()`;
  const [row = []] = await database.query({ text });
  const [number, version, isStandby] = row;
  if (Number(number) < VERSION_MIN) {
    throw refuse(
      'config',
      'server_too_old',
      `PostgreSQL ${textIn(version)} is too old: at least 13 is needed.`,
      'Upgrade the server.',
    );
  }
  await checkTimeZone(database, settings.cursorTimeZone);
  return { replication: settings.replication, isStandby: isStandby === 't' };
}

async function checkTimeZone(database: Database, zone: string | null): Promise<void> {
  if (zone === null) return;
  const rows = await database.query({
    text: 'select 1 from pg_timezone_names where name = $1',
    values: [zone],
  });
  if (rows.length > 0) return;
  throw refuse(
    'config',
    'setting',
    `The setting \`cursor_time_zone\` names no zone: "${zone}".`,
    'Write it like Europe/Berlin.',
  );
}
