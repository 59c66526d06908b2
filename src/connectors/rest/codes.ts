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

export const CODES: readonly KnownFailure[] = [
  ...httpFailures('rest'),
  ...knownFailures(
    'rest',
    Object.entries(OWN).map(([name, row]) => ({ name, ...row })),
    OWN_CAUSES,
  ),
  ...knownFailures(
    'rest',
    TABLE,
    Object.fromEntries(Object.entries(TABLE_CAUSES).map(([kind, cause]) => [kindName(kind), cause])),
  ),
];
