/**
 * What was broken: a check's code such as `I5`, or the sentence up to its colon where something broke that no check watches.
 * Two violations of one kind count as one finding, whichever record and seed they come from.
 */
export function kindOf(violation: string): string {
  const code = /^I\d+/.exec(violation)?.[0];
  if (code !== undefined) return code;
  if (violation.includes(' threw: ')) return 'a unit of work threw';
  return (violation.split(':')[0] ?? violation).trim();
}

/** The kinds among the violations, each once, in the order in which they came. */
export function kindsOf(violations: readonly string[]): readonly string[] {
  return [...new Set(violations.map(kindOf))];
}
