/** The style gate: judges what compiler and linter cannot. Prints one line per finding and ends with 1 if there is any. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { byPlace, findingText } from './tidy/finding.ts';
import { readRepository } from './tidy/repository.ts';
import { RULES } from './tidy/rules.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const repository = await readRepository(root);
const findings = RULES.flatMap((rule) =>
  rule.check(repository).map((finding) => ({ rule: rule.name, finding })),
);

for (const { rule, finding } of findings.toSorted((left, right) => byPlace(left.finding, right.finding))) {
  console.log(findingText(rule, finding));
}
const files = new Set(findings.map(({ finding }) => finding.path)).size;
console.log(
  `tidy: ${String(findings.length)} findings in ${String(files)} files; ` +
    `${String(RULES.length)} rules over ${String(repository.texts.size)} files, ${String(repository.modules.length)} of them TypeScript`,
);
process.exitCode = findings.length > 0 ? 1 : 0;
