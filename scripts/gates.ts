/** Runs every gate in the order of its cost and stops at the first that fails. */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const GATES = ['format:check', 'types', 'lint', 'tidy', 'dead', 'build'] as const;

const root = dirname(dirname(fileURLToPath(import.meta.url)));

for (const gate of GATES) {
  const startedMs = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', gate], { cwd: root, stdio: 'inherit' });
  const tookS = ((performance.now() - startedMs) / 1_000).toFixed(1);
  if (status !== 0) {
    console.error(`\ngate ${gate} FAILED after ${tookS} s. Repeat it alone: npm run ${gate}`);
    process.exit(1);
  }
  console.log(`gate ${gate} passed in ${tookS} s`);
}
console.log(`all ${String(GATES.length)} gates passed`);
