/** `npm run world -- --seeds N [--seed S]`: runs histories and tells of the first that breaks a promise. */
import { parseArgs } from 'node:util';

import { runHistory } from './history.ts';
import { seedTape } from './tape.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const first = Number(values.seed);
const count = Number(values.seeds);
const startMs = performance.now();
let violating = 0;
let steps = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const result = await runHistory(seedTape(seed));
  steps += result.steps;
  if (result.violations.length > 0) {
    violating += 1;
    if (violating <= 5)
      console.log(`seed ${String(seed)}\n  ${result.violations.slice(0, 4).join('\n  ').slice(0, 1500)}`);
  }
}
const seconds = (performance.now() - startMs) / 1_000;
console.log(
  `${String(count)} seeds, ${String(violating)} violations; ${(count / seconds).toFixed(0)} histories/s, ${String(Math.round(steps / count))} steps each`,
);
