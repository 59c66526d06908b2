/** Look-alikes of the breaches, which break no rule. */
interface Example {
  readonly name: string;
  readonly path: string;
  readonly source: string;
}

export const ALLOWED: readonly Example[] = [
  { name: 'console in a command', path: 'src/cli/a.ts', source: "console.log('x');" },
  { name: 'console in a script', path: 'scripts/a.ts', source: "console.log('x');" },
  { name: 'console in a benchmark', path: 'bench/a.ts', source: "console.log('x');" },
  {
    name: 'waiting in the embedded server',
    path: 'src/store/embedded/a.ts',
    source: 'setTimeout(() => 1, 1);',
  },
  { name: 'waiting in test support', path: 'test/support/a.ts', source: 'setTimeout(() => 1, 1);' },
  { name: 'measuring in a benchmark', path: 'bench/a.ts', source: 'export const a = performance.now();' },
  { name: 'a date from a known moment', path: 'src/engine/a.ts', source: 'export const a = new Date(0);' },
  {
    name: 'types of the engine in a connector',
    path: 'src/connectors/acme/a.ts',
    source: "import type { Value } from '../../engine/value.ts';\nexport type A = Value;",
  },
  {
    name: 'types of a value in a simulator',
    path: 'src/simulators/acme/a.ts',
    source: "import type { Value } from '../../engine/value.ts';\nexport type A = Value;",
  },
  {
    name: 'the driver in its connector',
    path: 'src/connectors/postgres/a.ts',
    source: "import pg from 'pg';\nexport const a = new pg.Pool();",
  },
  {
    name: 'the driver in the store',
    path: 'src/store/a.ts',
    source: "import pg from 'pg';\nexport const a = new pg.Pool();",
  },
  {
    name: 'jobs in the worker',
    path: 'src/worker/a.ts',
    source: "import { PgBoss } from 'pg-boss';\nexport const a = new PgBoss('');",
  },
  {
    name: 'a connector in the registry',
    path: 'src/connectors/registry.ts',
    source: "import type { A } from './acme/a.ts';\nexport type B = A;",
  },
  {
    name: 'a neighbour in a folder of a connector',
    path: 'src/connectors/acme/deep/a.ts',
    source: "import type { A } from '../a.ts';\nexport type B = A;",
  },
  {
    name: 'test support in a test',
    path: 'src/engine/a.test.ts',
    source: "import type { A } from '../../test/support/a.ts';\nexport type B = A;",
  },
  {
    name: 'a switch closed by a default',
    path: 'src/worker/a.ts',
    source:
      "export function f(k: 'a' | 'b'): number { switch (k) { case 'a': return 1; default: return 2; } }",
  },
];
