import type { Connector } from '../../connector/contract.ts';
import { CODES } from './codes.ts';
import { SCORE } from './score.ts';
import { createSession } from './session.ts';
import { resolveSettings, SETTINGS } from './settings.ts';

/** A folder of CSV, JSON Lines and Excel files; each file is a collection. */
export const files: Connector = {
  system: 'files',
  title: 'CSV, JSON Lines and Excel files',
  settings: SETTINGS,
  failures: CODES,
  score: SCORE,
  open: async (settings, context) =>
    createSession(await resolveSettings(settings, context.baseDirectory), context),
};
