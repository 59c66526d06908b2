import { RETRY, type KnownFailure } from '../../src/connector/known-failures.ts';
import { CATALOGUE, type CatalogueChapter } from '../../src/diagnose/catalogue.ts';

const HEAD = `# Failures

Every failure that Trueup can report: why it happens, how the system itself says it, and what to do. \`trueup problems\` shows the same
advice beside what is failing. This page is written by \`npm run docs:failures\` from the tables that the program runs on.

A code that is not on this page is a failure that Trueup does not understand. It counts as a bug of ours, \`trueup problems\` marks it
so, and we want to hear of it.

## Whether trying again helps

The kind of a failure alone decides what happens next.

| kind | does trying again help? |
|---|---|
`;

/** The page as it should be. */
export function failuresPage(): string {
  const kinds = Object.entries(RETRY).map(([kind, helps]) => `| \`${kind}\` | ${helps} |`);
  return `${HEAD}${kinds.join('\n')}\n\n${CATALOGUE.map(chapterText).join('\n')}`;
}

function chapterText({ title, failures }: CatalogueChapter): string {
  const rows = failures.toSorted((left, right) => left.code.localeCompare(right.code, 'en')).map(rowText);
  return `## ${title}\n\n| code | kind | cause | what to do |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function rowText({ code, kind, cause, sign, advice }: KnownFailure): string {
  const said = sign === null ? '' : ` Said as: ${sign}.`;
  return `| \`${code}\` | ${kind} | ${cell(cause + said)} | ${cell(advice)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
