import type { Query } from '../../data/endpoints.ts';

export type ListedState = NonNullable<Query<'/records'>['state']>;

/** The states by which records are listed, in the order of how well they are. */
export const LISTED_STATES = [
  'inSync',
  'pending',
  'held',
  'dead',
  'excluded',
  'gone',
] as const satisfies readonly ListedState[];
