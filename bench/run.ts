/**
 * `npm run bench -- [--quick] [--json]`: every figure of docs/performance.md, one JSON object a line with `--json`. Each
 * section runs in a program of its own, so that none inherits the memory or the warm code of another.
 */
import { spawnSync } from 'node:child_process';

import type { Measurement } from './measure.ts';

const EDITS_PER_S = 500;
const [quick, full] = [
  [
    'engine',
    'latency:4',
    'bulk:10000',
    'mapping',
    'salesforce',
    'throttling:2',
    'reconcile:20000',
    'matching:10000',
    'api:10000',
  ],
  [
    'engine',
    'mapping',
    'latency:20',
    'bulk:10000',
    'bulk:100000',
    'bulk:1000000',
    'salesforce',
    'throttling:10',
    'api:1000000',
    'matching:100000',
    'reconcile:1000000',
  ],
];

/** On a busy machine `--quick` leaves out what it would only begin after this: it is to end within a minute. */
const QUICK_BEGIN_S = 40;

const isJson = process.argv.includes('--json');
const section = process.argv.find((word) => word.startsWith('--section='))?.split('=')[1];

if (section === undefined) {
  if (process.argv.includes('--quick')) runQuick();
  else for (const name of full) runSection(name);
} else {
  for (const measurement of await measure(section))
    console.log(isJson ? JSON.stringify(measurement) : line(measurement));
}

function runQuick(): void {
  const late: string[] = [];
  for (const name of quick)
    if (performance.now() < QUICK_BEGIN_S * 1_000) runSection(name);
    else late.push(name);
  if (late.length > 0) console.error(`Left out, since the machine is busy: ${late.join(', ')}`);
}

function runSection(name: string): void {
  const args = [
    ...process.execArgv,
    import.meta.filename,
    `--section=${name}`,
    ...(isJson ? ['--json'] : []),
  ];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

/** Loads only what the section measures: a peer's library would count in the memory of all others. */
async function measure(name: string): Promise<readonly Measurement[]> {
  const [kind = '', size = '0'] = name.split(':');
  if (kind === 'engine') return (await import('./engine.ts')).benchEngine();
  if (kind === 'mapping') return (await import('./mapping.ts')).benchMapping();
  if (kind === 'api') return (await import('./api.ts')).benchApi(Number(size));
  if (kind === 'reconcile') return (await import('./reconcile.ts')).benchReconcile(Number(size));
  if (kind === 'salesforce') return (await import('./salesforce.ts')).benchSalesforce();
  if (kind === 'throttling') return (await import('./throttling.ts')).benchThrottling(Number(size));
  if (kind === 'latency') return (await import('./latency.ts')).benchLatency(EDITS_PER_S, Number(size));
  if (kind === 'profile') return (await import('./profile.ts')).profileFirstSync(Number(size));
  if (kind === 'matching') return (await import('./matching.ts')).benchMatching(Number(size));
  return (await import('./bulk.ts')).benchBulk(Number(size));
}

function line({ name, value, unit, baseline, baselineName, ratio }: Measurement): string {
  const beside =
    baseline === null
      ? ''
      : `  (${String(ratio)} × ${baselineName ?? ''}: ${baseline.toLocaleString('en-US')})`;
  return `${name}: ${value.toLocaleString('en-US')} ${unit}${beside}`;
}
