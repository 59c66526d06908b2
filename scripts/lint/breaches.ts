/** Small files that break one rule of .oxlintrc.json each, and look-alikes that break none. */
export interface Breach {
  readonly name: string;
  readonly path: string;
  readonly source: string;
  /** The rule that must fire. */
  readonly code: string;
  /** Part of the message that the author must see. */
  readonly says?: string;
}

export interface Example {
  readonly name: string;
  readonly path: string;
  readonly source: string;
}

const IMPORTS = 'eslint(no-restricted-imports)';
const GLOBALS = 'eslint(no-restricted-globals)';
const PROPERTIES = 'eslint(no-restricted-properties)';

function breach(name: string, path: string, code: string, source: string): Breach {
  return { name, path, code, source };
}

/** Rules about single statements; they hold everywhere, so any room stands for all. */
const PLAIN: readonly Breach[] = [
  breach(
    'a promise that nobody waits for',
    'src/worker/a.ts',
    'typescript(no-floating-promises)',
    'export function f(p: Promise<void>): void { p; }',
  ),
  breach(
    'a promise thrown away with void',
    'src/worker/a.ts',
    'typescript(no-floating-promises)',
    'export function f(p: Promise<void>): void { void p; }',
  ),
  breach(
    'a promise as a condition',
    'src/worker/a.ts',
    'typescript(no-misused-promises)',
    'export function f(p: Promise<void>): number { if (p) return 1; return 2; }',
  ),
  breach(
    'an async callback where nobody waits',
    'src/worker/a.ts',
    'typescript(no-misused-promises)',
    'export function f(a: readonly string[], g: () => Promise<void>): void { a.forEach(async () => { await g(); }); }',
  ),
  breach(
    'waiting for what is no promise',
    'src/worker/a.ts',
    'typescript(await-thenable)',
    'export async function f(): Promise<void> { await 1; }',
  ),
  breach(
    'a switch that misses a case',
    'src/worker/a.ts',
    'typescript(switch-exhaustiveness-check)',
    "export function f(k: 'a' | 'b'): void { switch (k) { case 'a': f('b'); break; } }",
  ),
  breach(
    'throwing what is no error',
    'src/worker/a.ts',
    'typescript(only-throw-error)',
    "export function f(): void { throw 'no'; }",
  ),
  breach('explicit any', 'src/worker/a.ts', 'typescript(no-explicit-any)', 'export const a: any = 1;'),
  breach(
    'a value of type any',
    'src/worker/a.ts',
    'typescript(no-unsafe-assignment)',
    "export const a: string = JSON.parse('1');",
  ),
  breach(
    'a non-null assertion',
    'src/worker/a.ts',
    'typescript(no-non-null-assertion)',
    'export const f = (a: string | null): string => a!;',
  ),
  breach(
    'a type imported as a value',
    'src/worker/a.ts',
    'typescript(consistent-type-imports)',
    "import { Readable } from 'node:stream';\nexport const f = (a: Readable): Readable => a;",
  ),
  breach(
    'a name that nobody uses',
    'src/worker/a.ts',
    'eslint(no-unused-vars)',
    'const a = 1;\nexport const b = 2;',
  ),
  breach(
    'loose equality',
    'src/worker/a.ts',
    'eslint(eqeqeq)',
    'export const f = (a: string): boolean => a == "b";',
  ),
  breach('eval', 'src/worker/a.ts', 'eslint(no-eval)', "export const f = (): unknown => eval('1');"),
  breach(
    'a function made from text',
    'src/worker/a.ts',
    'eslint(no-new-func)',
    "export const f = new Function('return 1');",
  ),
  breach(
    'a timer made from text',
    'test/support/a.ts',
    'typescript(no-implied-eval)',
    "setTimeout('go()', 1);",
  ),
  breach('console in the worker', 'src/worker/a.ts', 'eslint(no-console)', "console.log('x');"),
  breach(
    "a module of Node's without its prefix",
    'src/worker/a.ts',
    'unicorn(prefer-node-protocol)',
    "import { join } from 'path';\nexport const a = join('a');",
  ),
  breach(
    'a test that silences all others',
    'src/worker/a.test.ts',
    'vitest(no-focused-tests)',
    "import { expect, test } from 'vitest';\ntest.only('a', () => { expect(1).toBe(1); });",
  ),
];

const TIME: readonly Breach[] = [
  breach('Date.now', 'src/worker/a.ts', PROPERTIES, 'export const a = Date.now();'),
  breach('Date.now in the engine', 'src/engine/a.ts', PROPERTIES, 'export const a = Date.now();'),
  breach(
    'Date.now in a test beside the code',
    'src/engine/a.test.ts',
    PROPERTIES,
    'export const a = Date.now();',
  ),
  breach('performance.now', 'src/connectors/acme/a.ts', GLOBALS, 'export const a = performance.now();'),
  breach('process.hrtime', 'src/worker/a.ts', PROPERTIES, 'export const a = process.hrtime.bigint();'),
  breach('setTimeout', 'src/connectors/acme/a.ts', GLOBALS, 'setTimeout(() => 1, 1);'),
  breach(
    'setTimeout by way of globalThis',
    'src/worker/a.ts',
    PROPERTIES,
    'globalThis.setTimeout(() => 1, 1);',
  ),
  breach('setInterval', 'src/store/a.ts', GLOBALS, 'setInterval(() => 1, 1);'),
  breach('setInterval in the engine', 'src/engine/a.ts', GLOBALS, 'setInterval(() => 1, 1);'),
  breach('AbortSignal.timeout', 'src/connector/a.ts', PROPERTIES, 'export const a = AbortSignal.timeout(1);'),
  breach('Math.random', 'src/worker/a.ts', PROPERTIES, 'export const a = Math.random();'),
  breach('Math.random in a benchmark', 'bench/a.ts', PROPERTIES, 'export const a = Math.random();'),
  breach('crypto.randomUUID', 'src/store/a.ts', PROPERTIES, 'export const a = crypto.randomUUID();'),
  breach('fetch in the engine', 'src/engine/a.ts', GLOBALS, "export const a = fetch('https://example.org');"),
  breach('the environment in the engine', 'src/engine/a.ts', GLOBALS, 'export const a = process.env;'),
];

/** One import that points the wrong way for every room, with the sentence that its author must read. */
function wrongWay(from: string, specifier: string, says: string): Breach {
  const source = `import type { A } from '${specifier}';\nexport type B = A;`;
  return { name: `${from} importing ${specifier}`, path: `${from}/a.ts`, code: IMPORTS, source, says };
}

const DRIVER = 'Only store/ and the database connectors';
const LAYERS: readonly Breach[] = [
  wrongWay('src/lib', '../engine/value.ts', 'lib/ imports nothing of ours'),
  wrongWay('src/engine', '../connector/failure.ts', 'engine/ imports only lib/'),
  wrongWay('src/engine/deep', '../../store/a.ts', 'engine/ imports only lib/'),
  wrongWay('src/engine', 'node:fs', 'engine/ is pure'),
  wrongWay('src/engine', 'zod', 'engine/ is pure'),
  wrongWay('src/connector', '../store/a.ts', 'connector/ imports only lib/ and engine/'),
  wrongWay('src/connector', '../connectors/registry.ts', 'connector/ imports only lib/ and engine/'),
  wrongWay('src/connectors', '../store/a.ts', 'A connector imports only'),
  wrongWay('src/connectors/acme', '../../worker/a.ts', 'A connector imports only'),
  wrongWay('src/connectors/acme', '../other/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/acme/deep', '../../other/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/postgres', '../mysql/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/postgres', '../acme/a.ts', 'imports no other connector'),
  wrongWay('src/connectors/postgres/deep', '../../acme/a.ts', 'imports no other connector'),
  wrongWay('src/simulators/acme', '../../connector/contract.ts', 'A simulator imports only'),
  wrongWay('src/simulators/acme', '../../engine/plan.ts', 'only the types of value.ts'),
  wrongWay('src/store', '../connector/failure.ts', 'store/ imports only lib/ and engine/'),
  wrongWay('src/worker', '../api/a.ts', 'worker/ imports'),
  wrongWay('src/worker', '../server.ts', 'worker/ imports'),
  wrongWay('src/diagnose', '../cli/a.ts', 'diagnose/ imports'),
  wrongWay('src/api', '../cli/a.ts', 'api/ imports'),
  wrongWay('src/lib', 'pg', DRIVER),
  wrongWay('src/connector', 'mysql2/promise', DRIVER),
  wrongWay('src/connectors/acme', 'pg', DRIVER),
  wrongWay('src/connectors/acme/deep', 'pg', DRIVER),
  wrongWay('src/connectors/postgres', 'pg-boss', DRIVER),
  wrongWay('src/connectors/mysql/deep', 'pg-boss', DRIVER),
  wrongWay('src/simulators/acme', 'pg', DRIVER),
  wrongWay('src/store', 'mysql2', DRIVER),
  wrongWay('src/worker', 'pg', DRIVER),
  wrongWay('src/diagnose', 'pg', DRIVER),
  wrongWay('src/api', 'pg-boss', DRIVER),
  wrongWay('src/cli', 'pg', DRIVER),
  ...[
    'lib',
    'engine',
    'connector',
    'connectors',
    'connectors/acme',
    'connectors/acme/deep',
    'connectors/mysql',
    'connectors/mysql/deep',
    'simulators',
    'store',
    'worker',
    'diagnose',
    'api',
    'cli',
  ].flatMap((room) => [
    wrongWay(`src/${room}`, './b.test.ts', 'no test'),
    wrongWay(`src/${room}`, `${'../'.repeat(room.split('/').length + 1)}test/support/b.ts`, 'no test'),
  ]),
  wrongWay('test/support', '../world/b.test.ts', 'Nothing imports a test file'),
];

/** Where types pass and code does not. */
const CODE_OF_ENGINE: readonly Breach[] = [
  'src/connectors/acme/a.ts',
  'src/connectors/acme/deep/a.ts',
  'src/connectors/postgres/a.ts',
  'src/simulators/acme/a.ts',
].map((path) => ({
  name: `${path} importing code of the engine`,
  path,
  code: IMPORTS,
  source: `import { a } from '${'../'.repeat(path.split('/').length - 2)}engine/value.ts';\nexport const b: unknown = a;`,
  says: 'types',
}));

export const BREACHES: readonly Breach[] = [...PLAIN, ...TIME, ...LAYERS, ...CODE_OF_ENGINE];

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
