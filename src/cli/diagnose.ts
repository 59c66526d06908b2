import { diagnoseSyncs, type WeighedFinding } from '../diagnose/diagnosis.ts';
import { FAULTS, SYMPTOMS, type Symptom } from '../diagnose/finding.ts';
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
      const known = await installation.transaction(allSyncs);
      const syncs = known.filter(({ name }) => only === undefined || name === only);
      const nowMs = await installation.database.nowMs();
      const { findings, blind } = await diagnoseSyncs(installation, syncs);
      const { output } = context;
      const told = syncs.map(({ name }) => ({ sync: name, findings: ofSync(findings, name, wanted) }));
      output.json({ syncs: told, blind });
      for (const one of told) {
        output.line(`${one.sync}:`);
        for (const symptom of wanted) show(output, symptom, one.findings, nowMs);
      }
      if (blind.length > 0) output.line('Not seen:');
      for (const { sync, says } of blind) output.line(`  ${sync === null ? '' : `${sync}: `}${says}`);
      if (syncs.length === 0) output.line('No sync is known here yet. Run: trueup plan');
      return told.some((one) => one.findings.length > 0) ? EXIT.attention : EXIT.ok;
    }),
};

function ofSync(
  findings: readonly WeighedFinding[],
  name: string,
  wanted: readonly Symptom[],
): readonly WeighedFinding[] {
  return findings.filter(
    ({ sync, symptoms }) => sync === name && symptoms.some((symptom) => wanted.includes(symptom)),
  );
}

function show(output: Output, symptom: Symptom, all: readonly WeighedFinding[], nowMs: number): void {
  const findings = all.filter(({ symptoms }) => symptoms.includes(symptom));
  if (findings.length === 0) {
    output.line(`  ${SYMPTOMS[symptom]}? No sign of it.`);
    return;
  }
  output.line(`  ${SYMPTOMS[symptom]}:`);
  for (const { cause, evidence, side, sinceMs, records, fault, advice, next } of findings) {
    const where = side === null ? '' : ` At ${side}`;
    const since = sinceMs === null ? '' : ` since ${instant(sinceMs)} (${duration(nowMs - sinceMs)})`;
    const many = records === null ? '' : `, ${counted(records.count, 'record')}`;
    output.line(`    ${cause}${where}${since}${many}.`.replace('..', '.'));
    for (const line of evidence) output.line(`      evidence: ${line}`);
    const samples = (records?.samples ?? []).map(({ recordId }) => recordId);
    if (samples.length > 0) output.line(`      for example: ${samples.join(', ')}`);
    output.line(`      whose fault: ${FAULTS[fault]}`);
    output.line(`      what to do: ${advice}`);
    output.line(`      next: ${next}`);
  }
}
