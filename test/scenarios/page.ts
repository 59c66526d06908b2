import { knownFailure } from '../../src/diagnose/catalogue.ts';
import type { Scenario } from './scenario.ts';

const HEAD = `# When something breaks

Each line is a test that runs with every \`npm test\`: two real PostgreSQL databases, or one and a simulated Salesforce org or an
HTTP API that sends webhooks, are in step, one thing is broken, and the people at the first of them go on working. Within one look Trueup must name this cause, this
side, when it began and which records it concerns, and tell it once; when its advice is followed, everything must be in step again,
with nothing lost and nothing made twice. Where nothing fails and only the watch notices, the alert says which records it is about.
The page is written by \`npm run docs:scenarios\`, and the tests compare it with what they run.

| what breaks | what Trueup says | where | records | following the advice |
|---|---|---|---|---|
`;

/** docs/scenarios.md as it should be. */
export function scenariosPage(scenarios: readonly Scenario[]): string {
  return `${HEAD}${scenarios.map(lineOf).join('\n')}\n`;
}

function lineOf({ title, code, side, direction, field, records, advice }: Scenario): string {
  const where = direction === 'in' ? `reading ${side}` : direction === 'out' ? `writing to ${side}` : side;
  const about = field === undefined ? where : `${where}, field \`${field}\``;
  return `| ${title} | \`${code}\`: ${knownFailure(code)?.cause ?? ''} | ${about} | ${String(records)} | ${advice} |`;
}
