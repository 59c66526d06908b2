/** `npm run bench -- [--quick] [--json]`: every figure of docs/performance.md, one JSON object a line with `--json`. */
import { benchBulk } from './bulk.ts';
import { benchEngine } from './engine.ts';
import { benchLatency } from './latency.ts';
import type { Measurement } from './measure.ts';

const isQuick = process.argv.includes('--quick');
const isJson = process.argv.includes('--json');

function report(measurements: readonly Measurement[]): void {
  for (const measurement of measurements) {
    if (isJson) console.log(JSON.stringify(measurement));
    else console.log(line(measurement));
  }
}

function line({ name, value, unit, baseline, baselineName, ratio }: Measurement): string {
  const beside = baseline === null ? '' : `  (${String(ratio)} × ${baselineName ?? ''}: ${baseline.toLocaleString('en-US')})`;
  return `${name}: ${value.toLocaleString('en-US')} ${unit}${beside}`;
}

report(benchEngine());
report(await benchLatency(500, isQuick ? 4 : 20));
for (const records of isQuick ? [10_000] : [10_000, 100_000, 1_000_000]) report(await benchBulk(records));
