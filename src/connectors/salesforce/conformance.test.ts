import { conformanceSuite } from '../../../test/support/conformance.ts';
import { salesforceWorkbench, type SalesforceWorkbench } from '../../../test/support/salesforce-workbench.ts';
import type { ConformanceHarness, Trouble } from '../../connector/conformance/index.ts';
import type { NativeValue } from '../../engine/value.ts';
import { SCORE } from './score.ts';

const NAMES = [
  'ERP_Key__c',
  'Description',
  'Credit_Limit__c',
  'Active__c',
  'Tier__c',
  'Regions__c',
  'Last_Order__c',
];
const TRIMMED = 'Salesforce cuts blanks at the ends of a text';
const LINES = 'Salesforce writes line breaks as LF';

function harnessOf(more: Readonly<Record<string, string>>): ConformanceHarness {
  return {
    fields: {
      names: ['Name', ...NAMES],
      sample: (index) =>
        new Map<string, NativeValue>([
          ['Name', `Company ${String(index)}`],
          ['ERP_Key__c', `ERP-${String(index)}`],
          ['Description', `note ${String(index)}`],
          ['Credit_Limit__c', `${String(index)}.5`],
          ['Active__c', index % 2 === 0],
          ['Tier__c', 'Gold'],
          ['Regions__c', ['North', 'South']],
          ['Last_Order__c', `2026-03-31T14:05:0${String(index % 10)}.000Z`],
        ]),
      key: 'ERP_Key__c',
      text: 'Description',
      refused: new Map([['Description', 'an account without its name']]),
      absentId: '001Sm00000ZZZZZIA5',
    },
    exceptions: {
      'null-and-empty': 'Salesforce keeps no empty text',
      'text-spaces': TRIMMED,
      'text-crlf': LINES,
    },
    open: async () => {
      const bench = await salesforceWorkbench();
      const session = await bench.open({ view_all: 'yes', ...more });
      const ann = bench.simulator.org.person('Ann Admin');
      return {
        session,
        collection: 'Account',
        user: {
          create: async (records) => records.map((fields) => ann.create('Account', native(fields))),
          edit: async (id, fields) => ann.edit(id, native(fields)),
          delete: async (id) => ann.delete(id),
        },
        trouble: troubleIn(bench),
        reopen: () => bench.open({ view_all: 'yes', ...more }),
        close: () => bench.close(),
      };
    },
  };
}

function troubleIn({ simulator, clock }: SalesforceWorkbench): Trouble {
  const write = { path: '/composite/sobjects' };
  return {
    loseAnswer: () => void simulator.fault({ match: write, kind: 'cutAfterExecute' }),
    loseRequest: () => void simulator.fault({ match: write, kind: 'cutBeforeExecute' }),
    outage: () => {
      simulator.limits.maintenance = true;
      return () => {
        simulator.limits.maintenance = false;
      };
    },
    endSession: async () => {
      // A token that was only just given is not taken for an old one.
      clock.shift(60_000);
      simulator.sessions.expireAll();
    },
  };
}

function native(fields: ReadonlyMap<string, NativeValue>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...fields].map(([name, value]) => [name, Array.isArray(value) ? value.join(';') : value]),
  );
}

conformanceSuite('salesforce', SCORE, {
  polling: () => harnessOf({}),
  'change events beside polling': () => harnessOf({ change_events: 'Account' }),
  'reading by query jobs': () => harnessOf({ bulk_read_from: '1' }),
});
