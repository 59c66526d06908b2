/** Causes by which nothing fails: automations at odds with each other, and feeds that say nothing. */
import { simpleDefinition } from '../support/sync.ts';
import type { Scenario } from './scenario.ts';
import type { Stand } from './stand.ts';

/** Three changed records of three are no flood here. */
const LOOSE = {
  guard: { ...simpleDefinition(['crm', 'erp']).guard, changesShareMax: 1 },
} as const;
const TURNS = 6;

/** One run of a nightly job that wants the city of `ann` its own way. */
function wanting(city: string): string {
  return `update TABLE set city = '${city}', updated_at = clock_timestamp() where name = 'ann' and city is distinct from '${city}'`;
}

/** What only a comparison shows, of records that nobody has touched since yesterday. */
async function unseen(stand: Stand, ...statements: readonly string[]): Promise<void> {
  await stand.crm(`update TABLE set updated_at = clock_timestamp() - interval '1 day'`);
  await stand.sweep();
  for (const statement of statements) await stand.crm(statement);
  await stand.settle();
  await stand.sweep();
}

/** The feed tells of a change again, and the next comparison finds nothing new. */
async function heard(stand: Stand): Promise<void> {
  await stand.crm(`update TABLE set phone = '4', updated_at = clock_timestamp()`);
  await stand.settle();
  await stand.sweep();
}

export const QUIET_SCENARIOS: readonly Scenario[] = [
  {
    title: 'two automations undo each other',
    inject: async (stand) => {
      for (let turn = 0; turn < TURNS; turn += 1) {
        await stand.crm(wanting('Rome'));
        await stand.settle(1);
        await stand.erp(wanting('Oslo'));
        await stand.settle(1);
      }
    },
    code: 'hold.oscillation',
    side: 'crm',
    direction: 'in',
    field: 'city',
    records: 1,
    advice: 'stop one of the two, then let the other’s value stand',
    heal: (stand) => stand.decide({ kind: 'take', side: 'crm' }),
  },
  {
    title: 'the feed of a system falls silent',
    definition: LOOSE,
    inject: (stand) => unseen(stand, `update TABLE set phone = '3'`),
    code: 'watch.deaf_feed',
    side: 'crm',
    direction: 'in',
    records: 3,
    says: 'carry the stamp that they had before',
    advice: 'have every write set the change column again; what was missed is there already',
    heal: heard,
  },
  {
    title: 'the clock of a source is an hour slow',
    definition: LOOSE,
    inject: (stand) =>
      unseen(stand, `update TABLE set phone = '3', updated_at = clock_timestamp() - interval '1 hour'`),
    code: 'watch.wrong_clock',
    side: 'crm',
    direction: 'in',
    records: 3,
    says: 'is 60 minutes slow',
    advice: 'set its clock, or stamp by that of the database; what was missed is there already',
    heal: heard,
  },
  {
    title: 'one of several programs stamps in another time zone',
    definition: LOOSE,
    inject: async (stand) => {
      await stand.crm(`insert into TABLE (email, name, phone) values ('dan@x.test', 'dan', '1')`);
      await unseen(
        stand,
        `update TABLE set phone = '3', updated_at = clock_timestamp() - interval '2 hours' where name <> 'dan'`,
        `update TABLE set phone = '3', updated_at = clock_timestamp() where name = 'dan'`,
      );
    },
    code: 'watch.wrong_clock',
    side: 'crm',
    direction: 'in',
    records: 3,
    says: 'is 120 minutes slow',
    advice: 'stamp in the zone of all others; what was missed is there already',
    heal: heard,
  },
];
