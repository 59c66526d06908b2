import type { Finding } from './finding.ts';
import type { Repository } from './repository.ts';

/** A rule of the house that a program can judge. It reports every breach and changes nothing. */
export interface Rule {
  readonly name: string;
  check(repository: Repository): readonly Finding[];
}
