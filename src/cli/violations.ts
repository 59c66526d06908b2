/** The report of `dictionary violations`, on the terminal. */
import { findViolations } from '../diagnose/violations.ts';
import { counted } from '../lib/counted.ts';
import { EXIT, type CommandContext } from './command.ts';
import { chooseSync, text, withInstallation } from './open.ts';
import { count } from './output.ts';

const RECORDS_SHOWN_MAX = 3;

/** By side, field and rule, the most frequent first. */
export async function violations(context: CommandContext): Promise<number> {
  const { flags, output, signal } = context;
  return withInstallation(context, async (installation) => {
    const sync = await chooseSync(installation, text(flags['sync']));
    const onProgress = (records: number): void => output.progress('judging', records, null);
    const found = await findViolations(
      { transaction: (action) => installation.transaction(action), signal, onProgress },
      sync,
    );
    output.progressDone();
    const { records, waysLeftOut } = found;
    const shown = found.violations.map(({ examples, ...one }) => ({
      ...one,
      examples: examples.slice(0, RECORDS_SHOWN_MAX).map(({ recordId }) => recordId),
    }));
    output.json({ sync: sync.name, records, violations: shown, waysLeftOut });
    output.line(
      `${sync.name}: ${counted(records, 'record was judged by what it was', 'records were judged by what they were')} last seen to hold.`,
    );
    for (const one of shown)
      output.line(
        `${count(one.records)} of ${one.side}: ${one.field} — ${one.says} (${one.onViolation}), for example ${one.examples.join(', ')}`,
      );
    if (waysLeftOut > 0) output.line(`And more in ${count(waysLeftOut)} other ways, which were not counted.`);
    if (shown.length === 0) output.line('None breaks a rule of the data dictionary.');
    return shown.length === 0 ? EXIT.ok : EXIT.attention;
  });
}
