/** The stand of a run: PostgreSQL, the systems, the proxies before them, the workers; put up together, taken down together. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { seededRandom } from '../../src/lib/random.ts';
import type { SystemShape } from '../world/system-shape.ts';
import { Fleet } from './fleet.ts';
import { gradesOf } from './grades.ts';
import { Office } from './office.ts';
import { startChaosPostgres, type ChaosPostgres } from './postgres.ts';
import { ask, startChild, type Child } from './processes.ts';
import { CONTROL_PATH, COUNTS_PATH } from './protocol.ts';
import type { ProxyInstructions } from './proxy.ts';
import type { SystemInstructions } from './system-server.ts';

/** Some three times what a worker needs, and full within seconds. */
const HEAP_MB = 96;

export interface StandOptions {
  readonly seed: number;
  readonly workers: number;
  readonly automations: boolean;
  /** Ends every wait; what stands is taken down by `takeDown` all the same. */
  readonly signal: AbortSignal;
  readonly onViolation: (message: string) => void;
}

export interface Stand {
  /** Holds the log of every process, and of what happened at every system. */
  readonly directory: string;
  readonly grades: readonly SystemShape[];
  readonly postgres: ChaosPostgres;
  readonly office: Office;
  readonly systems: readonly Child[];
  readonly fleet: Fleet;
  readonly logOf: (system: string) => string;
  /** Switches the faults of every proxy on or off. */
  fault(isOn: boolean): Promise<void>;
  /** How often each fault has struck, over all proxies. */
  faultCounts(): Promise<ReadonlyMap<string, number>>;
  /** Ends every process; the folder stays only if it is to be read. */
  takeDown(keepsLogs: boolean): Promise<void>;
}

/** Puts everything up, and takes down what stood when something does not. */
export async function putUp(options: StandOptions): Promise<Stand> {
  const directory = await mkdtemp(join(tmpdir(), 'trueup-chaos-'));
  const random = seededRandom(options.seed);
  const ends: (() => Promise<void>)[] = [];
  const endAll = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
    ends.length = 0;
  };
  try {
    const postgres = await startChaosPostgres(join(directory, 'postgres'), random);
    ends.push(() => postgres.remove());
    const office = await Office.open(postgres.url, options.signal);
    ends.push(() => office.close());
    const grades = gradesOf(options);
    const logOf = (name: string): string => join(directory, `${name}.jsonl`);
    const [systems, proxies] = await startSystems(options, directory, grades, logOf, ends);
    const { workspaceNo } = office;
    const ports = Object.fromEntries(proxies.map(({ name, port }) => [name, port]));
    const { automations, workers, onViolation } = options;
    const given = { url: postgres.url, workspaceNo, sync: 'things', automations, ports };
    const fleet = new Fleet({ workers, heapMb: HEAP_MB, directory, random, given, onViolation });
    ends.push(() => fleet.stop());
    return {
      directory,
      grades,
      postgres,
      office,
      systems,
      fleet,
      logOf,
      fault: async (on) => {
        await Promise.all(proxies.map(({ port }) => ask(port, CONTROL_PATH, { on })));
      },
      faultCounts: () => countFaults(proxies),
      takeDown: async (keepsLogs) => {
        await endAll();
        if (!keepsLogs) await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await endAll();
    throw error;
  }
}

async function startSystems(
  { seed, automations }: StandOptions,
  directory: string,
  grades: readonly SystemShape[],
  logOf: (system: string) => string,
  ends: (() => Promise<void>)[],
): Promise<readonly [systems: readonly Child[], proxies: readonly Child[]]> {
  const [systems, proxies]: [Child[], Child[]] = [[], []];
  for (const [index, { name, createIdentity }] of grades.entries()) {
    const words = join(directory, `${name}.log`);
    const toSystem: SystemInstructions = { name, automations, logFile: logOf(name) };
    const system = await startChild(name, './system-server.ts', toSystem, words);
    ends.push(() => system.stop());
    systems.push(system);
    const toProxy: ProxyInstructions = {
      seed: seed * 31 + index,
      port: system.port,
      refusesTwins: createIdentity === 'uniqueKey',
    };
    const proxy = await startChild(name, './proxy.ts', toProxy, words);
    ends.push(() => proxy.stop());
    proxies.push(proxy);
  }
  return [systems, proxies];
}

async function countFaults(proxies: readonly Child[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { port } of proxies) {
    const mine = await ask<Record<string, number>>(port, COUNTS_PATH, {});
    for (const [fault, count] of Object.entries(mine)) counts.set(fault, (counts.get(fault) ?? 0) + count);
  }
  return counts;
}
