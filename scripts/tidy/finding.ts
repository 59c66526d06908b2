/** One place where the tree breaks a rule of the house, and what to do about it. */
export interface Finding {
  readonly path: string;
  /** One-based. Findings about a whole file or folder stand on line 1. */
  readonly line: number;
  readonly message: string;
  /** An instruction that ends the finding. */
  readonly fix: string;
}

/** One line that terminals and editors turn into a link. */
export function findingText(rule: string, finding: Finding): string {
  return `${finding.path}:${String(finding.line)} ${rule} ${finding.message} — ${finding.fix}`;
}

export function byPlace(left: Finding, right: Finding): number {
  if (left.path !== right.path) return left.path < right.path ? -1 : 1;
  return left.line - right.line;
}
