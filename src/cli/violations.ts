import { compileSync } from '../engine/model.ts';
import { violationOf, type RuleModel } from '../engine/rules.ts';
import type { OnViolation } from '../engine/state.ts';
/** Which stored values break the data dictionary. */
import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import type { AccountedRecord } from '../store/accounted.ts';
import type { SyncRow } from '../store/control.ts';
import { accountedPages } from './accounted.ts';
import { EXIT, type CommandContext } from './command.ts';
import { chooseSync, text, withInstallation } from './open.ts';
import { count } from './output.ts';

const RECORDS_SHOWN_MAX = 3;

/** Records of one side whose field breaks the dictionary in one way. */
interface Found {
  readonly side: string;
  readonly field: string;
  readonly says: string;
  readonly onViolation: OnViolation;
  records: number;
  /** The first few, by id. */
  readonly examples: string[];
}

/** The report of `dictionary violations`: by side, field and rule, the most frequent first. */
export async function violations(context: CommandContext): Promise<number> {
  return withInstallation(context, async (installation) => {
    const sync = await chooseSync(installation, text(context.flags['sync']));
    const { seen, found } = await storedViolations(context, installation, sync);
    context.output.json({ sync: sync.name, records: seen, violations: found });
    context.output.line(
      `${sync.name}: ${counted(seen, 'record was judged by what it was', 'records were judged by what they were')} last seen to hold.`,
    );
    for (const one of found) {
      context.output.line(
        `${count(one.records)} of ${one.side}: ${one.field} — ${one.says} (${one.onViolation}), for example ${one.examples.join(', ')}`,
      );
    }
    if (found.length === 0) context.output.line('None breaks a rule of the data dictionary.');
    return found.length === 0 ? EXIT.ok : EXIT.attention;
  });
}

/** Worked out anew from what is accounted for: it also tells what was there before the rules were. */
async function storedViolations(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<{ readonly seen: number; readonly found: readonly Found[] }> {
  const { rules } = compileSync(sync.definition);
  const found = new Map<string, Found>();
  let seen = 0;
  if (rules.size === 0) return { seen, found: [] };
  for await (const page of accountedPages(installation, sync, context.signal)) {
    for (const record of page) judge(rules, record, found);
    seen += page.length;
    context.output.progress('judging', seen, null);
  }
  context.output.progressDone();
  return { seen, found: [...found.values()].toSorted((left, right) => right.records - left.records) };
}

function judge(rules: RuleModel, record: AccountedRecord, found: Map<string, Found>): void {
  const { side, recordId, accounted, golden } = record;
  const values = { ...golden, ...accounted };
  for (const field of Object.keys(accounted)) {
    const violation = violationOf(rules, field, values);
    if (violation === null) continue;
    const key = JSON.stringify([side, field, violation.says]);
    const known = found.get(key) ?? { side, ...violation, records: 0, examples: [] };
    known.records += 1;
    if (known.examples.length < RECORDS_SHOWN_MAX) known.examples.push(recordId);
    found.set(key, known);
  }
}
