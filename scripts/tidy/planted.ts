import { findingText } from './finding.ts';
import { repositoryOf } from './repository.ts';
import type { Rule } from './rule.ts';

/** What the rule reports on a repository of exactly these files, without the advice: `path:line name message`. */
export async function planted(
  rule: Rule,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const repository = await repositoryOf(new Map(Object.entries(files)));
  return rule.check(repository).map((finding) => findingText(rule.name, finding).split(' — ')[0] ?? '');
}
