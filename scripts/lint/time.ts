import { breach, type Breach } from './breach.ts';

const GLOBALS = 'eslint(no-restricted-globals)';
const PROPERTIES = 'eslint(no-restricted-properties)';

export const TIME: readonly Breach[] = [
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
  breach('setImmediate', 'src/worker/a.ts', GLOBALS, 'setImmediate(() => 1);'),
  breach(
    'setInterval by way of globalThis',
    'src/worker/a.ts',
    PROPERTIES,
    'globalThis.setInterval(() => 1, 1);',
  ),
  breach(
    'performance by way of globalThis',
    'src/worker/a.ts',
    PROPERTIES,
    'export const a = globalThis.performance.now();',
  ),
  breach(
    'crypto.randomUUID in a benchmark',
    'bench/a.ts',
    PROPERTIES,
    'export const a = crypto.randomUUID();',
  ),
  breach(
    'crypto.getRandomValues',
    'src/worker/a.ts',
    PROPERTIES,
    'export const a = crypto.getRandomValues(new Uint8Array(1));',
  ),
  breach('setTimeout in the engine', 'src/engine/a.ts', GLOBALS, 'setTimeout(() => 1, 1);'),
  breach('setImmediate in the engine', 'src/engine/a.ts', GLOBALS, 'setImmediate(() => 1);'),
  breach('performance.now in the engine', 'src/engine/a.ts', GLOBALS, 'export const a = performance.now();'),
];
