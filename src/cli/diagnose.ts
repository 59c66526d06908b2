import { gatherEvidence } from '../diagnose/evidence.ts';
import { diagnose as diagnoseSync, SYMPTOMS, type Finding, type Symptom } from '../diagnose/symptoms.ts';
import { counted } from '../lib/counted.ts';
import { allSyncs } from '../store/control.ts';
import { CommandFailed, EXIT, type Command } from './command.ts';
import { text, withInstallation } from './open.ts';
import { duration, instant, type Output } from './output.ts';

const NAMES = Object.keys(SYMPTOMS) as readonly Symptom[];

export const diagnose: Command = {
  name: 'diagnose',
  usage: `[${NAMES.join(' | ')}]`,
  summary: 'Walks the five symptoms down to their causes: since when, which records, whose fault, what to do',
  example: 'trueup diagnose missing',
  options: { sync: { type: 'string' } },
  optionHelp: { sync: 'only this sync' },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const [asked] = context.words;
      const wanted = NAMES.filter((name) => asked === undefined || name === asked);
      if (wanted.length === 0)
        throw new CommandFailed(`there is no symptom ${asked ?? ''}`, {
          exitCode: EXIT.wrongInput,
          advice: `They are: ${NAMES.join(', ')}`,
        });
      const only = text(context.flags['sync']);
      const { syncs, nowMs } = await installation.transaction(async (tx) => {
        const found: { readonly sync: string; readonly findings: readonly Finding[] }[] = [];
        for (const sync of await allSyncs(tx)) {
          if (only !== undefined && sync.name !== only) continue;
          const findings = diagnoseSync(await gatherEvidence(tx, sync));
          found.push({
            sync: sync.name,
            findings: findings.filter(({ symptom }) => wanted.includes(symptom)),
          });
        }
        return { syncs: found, nowMs: tx.nowMs };
      });
      context.output.json({ syncs });
      for (const { sync, findings } of syncs) {
        context.output.line(`${sync}:`);
        for (const symptom of wanted)
          show(
            context.output,
            symptom,
            findings.filter((finding) => finding.symptom === symptom),
            nowMs,
          );
      }
      if (syncs.length === 0) context.output.line('No sync is known here yet. Run: trueup plan');
      return syncs.some(({ findings }) => findings.length > 0) ? EXIT.attention : EXIT.ok;
    }),
};

function show(output: Output, symptom: Symptom, findings: readonly Finding[], nowMs: number): void {
  if (findings.length === 0) {
    output.line(`  ${SYMPTOMS[symptom]}? No sign of it.`);
    return;
  }
  output.line(`  ${SYMPTOMS[symptom]}:`);
  for (const { cause, evidence, side, sinceMs, records, advice, next } of findings) {
    const where = side === null ? '' : ` At ${side}`;
    const since = sinceMs === null ? '' : ` since ${instant(sinceMs)} (${duration(nowMs - sinceMs)})`;
    const many = records === null ? '' : `, ${counted(records, 'record')}`;
    output.line(`    ${cause}${where}${since}${many}.`.replace('..', '.'));
    for (const line of evidence) output.line(`      evidence: ${line}`);
    output.line(`      what to do: ${advice}`);
    output.line(`      next: ${next}`);
  }
}
