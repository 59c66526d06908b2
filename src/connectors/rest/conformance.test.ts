import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { conformanceSuite } from '../../../test/support/conformance.ts';
import { connectorContext } from '../../../test/support/connector-context.ts';
import { CURSORS, LINKS, OFFSETS, TOKENS } from '../../../test/support/rest-descriptions.ts';
import { startRestSystem, type RestSystem } from '../../../test/support/rest-system.ts';
import { ShiftedClock } from '../../../test/support/shifted-clock.ts';
import type { ConformanceHarness, Fields, Trouble } from '../../connector/conformance/index.ts';
import type { NativeValue } from '../../engine/value.ts';
import { rest } from './index.ts';
import { SCORE } from './score.ts';

const NAMES = ['email', 'name', 'note', 'score', 'active', 'tags', 'born'];

function harnessOf(
  describe: (origin: string) => string,
  settings: Readonly<Record<string, string>> = {},
  guarded = false,
): ConformanceHarness {
  return {
    fields: {
      names: NAMES,
      sample: (index) =>
        new Map<string, NativeValue>([
          ['email', `person${String(index)}@example.test`],
          ['name', `Person ${String(index)}`],
          ['note', `note ${String(index)}`],
          ['score', index + 0.5],
          ['active', index % 2 === 0],
          ['tags', ['red', 'blue']],
          ['born', `1990-01-0${String((index % 9) + 1)}T00:00:00.000Z`],
        ]),
      key: 'email',
      text: 'note',
      refused: new Map([
        ['email', 'no address'],
        ['name', 'Nobody'],
      ]),
      absentId: 'p999999',
    },
    open: async () => {
      const clock = new ShiftedClock();
      const system = await startRestSystem();
      system.guarded = guarded;
      const directory = await mkdtemp(join(tmpdir(), 'trueup-rest-'));
      await writeFile(join(directory, 'people.yaml'), describe(system.origin));
      const context = connectorContext({ baseDirectory: directory, clock });
      const open = (): ReturnType<typeof rest.open> =>
        rest.open({ description: 'people.yaml', base_url: system.origin, ...settings }, context);
      const session = await open();
      return {
        session,
        collection: 'people',
        user: {
          create: async (records) => records.map((fields) => system.create(native(fields)).id),
          edit: async (id, fields) => void system.edit(id, native(fields)),
          delete: async (id) => system.remove(id),
        },
        trouble: troubleOf(system, clock),
        reopen: open,
        close: async () => {
          await session.close();
          await system[Symbol.asyncDispose]();
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

function troubleOf({ faults, tokens }: RestSystem, clock: ShiftedClock): Trouble {
  return {
    loseAnswer: () => {
      faults.loseAnswer = true;
    },
    loseRequest: () => {
      faults.loseRequest = true;
    },
    outage: () => {
      faults.down = true;
      return () => {
        faults.down = false;
      };
    },
    endSession: async () => {
      // A token that was only just given is not taken for an old one.
      clock.shift(60_000);
      tokens.clear();
    },
  };
}

/** As a person who works in the system would store them. */
function native(fields: Fields): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...fields].map(([name, value]) => {
      if (name === 'tags' && Array.isArray(value)) return [name, value.join(';')];
      return [name, name === 'born' && typeof value === 'string' ? Date.parse(value) : value];
    }),
  );
}

const CLIENT = { client_id: 'trueup', client_secret: 'very-secret-text' };

conformanceSuite(
  'rest',
  SCORE,
  {
    'cursors, changes since a moment': () => harnessOf(() => CURSORS),
    'links, ETags, delta addresses': () => harnessOf(() => LINKS),
    'offsets and batches': () => harnessOf(() => OFFSETS),
    'numbered pages, OAuth 2': () => harnessOf((origin) => TOKENS(`${origin}/token`), CLIENT, true),
  },
  { concurrent: true },
);
