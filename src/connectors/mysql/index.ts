import type { Connector } from '../../connector/contract.ts';
import { CODES } from './codes.ts';
import { SCORE } from './score.ts';
import { openSession } from './session.ts';
import { SETTINGS, settingsOf } from './settings.ts';

/** A MySQL 8 or MariaDB 10.6 (or later) database; each table is a collection. */
export const mysql: Connector = {
  system: 'mysql',
  title: 'MySQL and MariaDB',
  settings: SETTINGS,
  failures: CODES,
  score: SCORE,
  open: async (settings, context) => openSession(settingsOf(settings), context),
};
