/** Every failure there is to know, by its code. What is not in here counts as a bug of ours. */
import type { KnownFailure } from '../connector/known-failures.ts';
import { connectors } from '../connectors/registry.ts';
import { OWN_FAILURES } from './own-failures.ts';

export interface CatalogueChapter {
  readonly title: string;
  readonly failures: readonly KnownFailure[];
}

export const CATALOGUE: readonly CatalogueChapter[] = [
  { title: 'Trueup itself', failures: OWN_FAILURES },
  ...[...connectors.values()].map(({ title, failures }) => ({ title, failures })),
];

const BY_CODE: ReadonlyMap<string, KnownFailure> = new Map(
  CATALOGUE.flatMap(({ failures }) => failures.map((failure) => [failure.code, failure])),
);

/** Null for a code that nobody has described: a failure that Trueup does not understand, and should. */
export function knownFailure(code: string): KnownFailure | null {
  return BY_CODE.get(code) ?? BY_CODE.get(withoutDetail(code)) ?? null;
}

/** A described system's own failure, `rest.invalid.bad_value`, is explained by its kind. */
function withoutDetail(code: string): string {
  return code.split('.').slice(0, 2).join('.');
}

/** A failure that is ours to explain and is not explained: an unexpected error, or a code without an entry. */
export function isOurBug(code: string): boolean {
  return code === 'trueup.unexpected' || knownFailure(code) === null;
}
