import { measuresOf, moveOf, type MeasuredView, type Measures } from '../diagnose/measures.ts';
import { CommandFailed, EXIT, type Command } from './command.ts';
import { chooseSync, SYNC_OPTION, SYNC_OPTION_HELP, text, withInstallation } from './open.ts';
import { count, duration, instant, type Output } from './output.ts';

export const measures: Command = {
  name: 'measures',
  usage: '[--per day|week]',
  summary: 'How much of what is tried fails, how long problems stay, and how much time they take, over time',
  example: 'trueup measures --per day',
  options: { ...SYNC_OPTION, per: { type: 'string' } },
  optionHelp: {
    ...SYNC_OPTION_HELP,
    sync: 'only of this sync',
    per: 'day (the last fourteen) or week (the last eight; default)',
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const per = text(context.flags['per']) ?? 'week';
      if (per !== 'day' && per !== 'week')
        throw new CommandFailed('--per takes day or week', { exitCode: EXIT.wrongInput });
      const named = text(context.flags['sync']);
      const only = named === undefined ? null : [(await chooseSync(installation, named)).name];
      const measured = await installation.transaction((tx) => measuresOf(tx, per, only));
      context.output.json(measured);
      show(context.output, measured);
      return EXIT.ok;
    }),
};

function show(output: Output, { per, periods, open, oldestOpenMs }: Measures): void {
  const [present, before] = [periods.at(-1), periods.at(-2)];
  if (present !== undefined && before !== undefined) {
    const beside = (of: (period: MeasuredView) => number | null, words: (value: number) => string) =>
      `${told(of(present), words)} (${per} before: ${told(of(before), words)}${moveWord(of(present), of(before))})`;
    output.line(`failure rate        ${beside(({ failureRate }) => failureRate, percent)}`);
    output.line(`time to resolution  ${beside(({ medianResolutionMs }) => medianResolutionMs, duration)}`);
    output.line(`manual minutes      ${beside(({ manualMsPerProblem }) => manualMsPerProblem, minutes)}`);
    output.line();
  }
  output.table(
    ['until', 'tries', 'failed', 'problems', 'ended', 'median', 'longest', 'first deed', 'minutes'],
    periods.map((period) => [
      instant(period.toMs).slice(0, 16),
      count(period.written + period.failed),
      told(period.failureRate, percent),
      count(period.opened),
      count(period.resolved),
      told(period.medianResolutionMs, duration),
      told(period.longestResolutionMs, duration),
      told(period.medianTouchMs, duration),
      minutes(period.manualMs),
    ]),
  );
  const since = oldestOpenMs === null ? '' : `, the oldest since ${instant(oldestOpenMs)}`;
  output.line(`\nOpen now: ${count(open)}${since}. What the figures mean: docs/measures.md`);
}

function told(value: number | null, words: (value: number) => string): string {
  return value === null ? '–' : words(value);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)}%`;
}

function minutes(ms: number): string {
  return (ms / 60_000).toFixed(1);
}

function moveWord(present: number | null, before: number | null): string {
  const move = moveOf(present, before);
  return move === null ? '' : `, ${move}`;
}
