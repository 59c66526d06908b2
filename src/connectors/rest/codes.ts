/** Every failure of this connector with its cause, for the catalogue. */
import { httpFailures } from '../../connector/http/known-failures.ts';
import { knownFailures, type KnownFailure, type NamedMeaning } from '../../connector/known-failures.ts';
import { OWN, OWN_CAUSES, TABLE_CAUSES } from './failures.ts';
import { kindName } from './table.ts';

const TABLE: readonly NamedMeaning[] = (Object.keys(TABLE_CAUSES) as (keyof typeof TABLE_CAUSES)[]).map(
  (kind) => ({
    name: kindName(kind),
    kind: kind === 'lost' ? 'unknownOutcome' : kind,
    advice: 'Do what the description of the system advises; the message holds the system’s own words.',
  }),
);

const HTTP = httpFailures('rest');

export const CODES: readonly KnownFailure[] = [
  ...HTTP,
  ...knownFailures(
    'rest',
    Object.entries(OWN).map(([name, row]) => ({ name, ...row })),
    OWN_CAUSES,
  ),
  // Those of the kit explain a kind that has their name as well.
  ...knownFailures(
    'rest',
    TABLE,
    Object.fromEntries(Object.entries(TABLE_CAUSES).map(([kind, cause]) => [kindName(kind), cause])),
  ).filter(({ code }) => !HTTP.some((known) => known.code === code)),
];
