import type { ProblemView } from '../diagnose/problem-view.ts';
import { currentProblems } from '../diagnose/problems.ts';
import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import { allSyncs } from '../store/control.ts';
import { noteDeed, sayTimeSpent } from '../store/problem-deeds.ts';
import { addProblemNote, problemNotes, setProblemOwner, type ProblemFilter } from '../store/problems.ts';
import { replayAll } from '../worker/redrive.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor, noteCommand, noteCommandAfter } from './deed.ts';
import { oneMeant } from './meant.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  verbOf,
  withInstallation,
  wordsOf,
} from './open.ts';
import { duration, instant, spanMs, type Output } from './output.ts';
import { RATE_HELP, rateMeant } from './rate.ts';

const SHOWN_MAX = 200;
const SPENT_MAX_MS = 40 * 3_600_000;

export const problems: Command = {
  name: 'problems',
  usage: '[list | show PROBLEM | fix PROBLEM | own PROBLEM NAME | note PROBLEM TEXT | spent PROBLEM SPAN]',
  summary: 'What is wrong, one line per cause: since when, for how many records, and what to do about it',
  example: 'trueup problems show 3fa1',
  options: {
    ...SYNC_OPTION,
    side: { type: 'string' },
    code: { type: 'string' },
    owner: { type: 'string' },
    all: { type: 'boolean' },
    rate: { type: 'string' },
  },
  optionHelp: {
    ...SYNC_OPTION_HELP,
    side: 'only of this side',
    code: 'only with this failure code',
    owner: 'only those this person looks after',
    all: 'also those that are resolved',
    rate: `fix: ${RATE_HELP}`,
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const run = verbOf(context, 'problems', { list, show, fix, own, note, spent }, 'list');
      return run(context, installation);
    }),
};

async function filterOf(context: CommandContext, installation: Installation): Promise<ProblemFilter> {
  const { flags } = context;
  const sync = text(flags['sync']);
  const given = {
    syncKey: sync === undefined ? undefined : (await chooseSync(installation, sync)).syncKey,
    side: text(flags['side']),
    code: text(flags['code']),
    owner: text(flags['owner']),
    state: flags['all'] === true ? undefined : 'open',
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function list(context: CommandContext, installation: Installation): Promise<number> {
  const filter = await filterOf(context, installation);
  const found = await installation.transaction((tx) => currentProblems(tx, filter, SHOWN_MAX));
  context.output.json({ problems: found });
  for (const problem of found) summarise(context.output, problem);
  if (found.length === 0) context.output.line('No problem is known.');
  return found.some((problem) => problem.state === 'open') ? EXIT.attention : EXIT.ok;
}

const REACH = {
  side: 'only here',
  connection: 'every sync of this connection has it',
  systems: 'several systems fail at once: look at the network of this machine first',
} as const;

function summarise(output: Output, problem: ProblemView): void {
  const { problemId, code, sync, side, direction, field, records, trend, state } = problem;
  const { openedMs, resolvedMs, openForMs } = problem;
  const place = `${direction === 'in' ? 'from' : direction === 'out' ? 'to' : 'with'} ${side}`;
  const of = field === null ? '' : `, field ${field}`;
  const affected = records === 0 ? 'the whole side' : counted(records, 'record');
  output.line(
    `${problemId}  ${code} ${place} in ${sync}${of}: ${affected}, ${state === 'open' ? trend : 'resolved'}`,
  );
  output.line(`  ${problem.message}`);
  const looksAfter = problem.owner === null ? '' : `, looked after by ${problem.owner}`;
  output.line(
    resolvedMs === null
      ? `  since ${instant(openedMs)} (${duration(openForMs)}), ${REACH[problem.reach]}${looksAfter}`
      : `  from ${instant(openedMs)} to ${instant(resolvedMs)}: resolved after ${duration(openForMs)}${looksAfter}`,
  );
  if (problem.advice !== null) output.line(`  ${problem.advice}`);
}

async function oneProblem(context: CommandContext, installation: Installation): Promise<ProblemView> {
  const [, prefix = ''] = wordsOf(context, ['', 'PROBLEM']);
  const found = await installation.transaction((tx) => currentProblems(tx, { problem: prefix }, 2));
  return oneMeant(found, 'problem', prefix, 'See: trueup problems --all');
}

async function show(context: CommandContext, installation: Installation): Promise<number> {
  const problem = await oneProblem(context, installation);
  const notes = await installation.transaction((tx) => problemNotes(tx, problem.syncKey, problem.problemId));
  context.output.json({ problem, notes });
  const { output } = context;
  summarise(output, problem);
  output.line(`  first seen ${instant(problem.firstSeenMs)}, opened ${counted(problem.openings, 'time')}`);
  if (problem.explanation !== null) output.line(`  why: ${problem.explanation}`);
  if (problem.retry !== null) output.line(`  does trying again help? ${problem.retry}`);
  if (problem.isOurBug) output.line('  This one is ours: please report it with its code.');
  for (const record of problem.samples)
    output.line(`  for example ${record}: trueup trace ${problem.side} ${record}`);
  for (const { atMs, author, note: said } of notes) output.line(`  ${instant(atMs)} ${author}: ${said}`);
  if (problem.state === 'open' && problem.records > 0)
    output.line(`  When the cause is put right: trueup problems fix ${problem.problemId}`);
  return problem.state === 'open' ? EXIT.attention : EXIT.ok;
}

async function fix(context: CommandContext, installation: Installation): Promise<number> {
  const rate = rateMeant(context);
  const problem = await oneProblem(context, installation);
  const syncs = await installation.transaction((tx) => allSyncs(tx));
  const sync = syncs.find(({ syncKey }) => syncKey === problem.syncKey);
  const act = { by: actor(), reason: `fixes ${problem.problemId}` };
  const filter = { problem: problem.problemId };
  const replayed = sync === undefined ? 0 : await replayAll(installation, sync, filter, act, rate);
  await noteCommandAfter(installation, 'problem.fixed', problem.problemId, { replayed });
  context.output.json({ problem: problem.problemId, replayed });
  context.output.line(
    replayed === 0
      ? 'Nothing of it waits to be replayed: what retries by itself goes on, and holds are answered with trueup holds.'
      : `${counted(replayed, 'letter tries', 'letters try')} again. A running worker delivers them; or run: trueup apply`,
  );
  return EXIT.ok;
}

async function own(context: CommandContext, installation: Installation): Promise<number> {
  const [, , name = ''] = wordsOf(context, ['', 'PROBLEM', 'NAME']);
  const { syncKey, problemId } = await oneProblem(context, installation);
  const owner = name === 'nobody' ? null : name;
  await installation.transaction(async (tx) => {
    await setProblemOwner(tx, syncKey, problemId, owner);
    await noteDeed(tx, syncKey, [problemId], actor());
    await noteCommand(tx, installation, 'problem.owned', problemId, { owner });
  });
  context.output.json({ problem: problemId, owner });
  context.output.line(`${owner ?? 'Nobody'} looks after ${problemId}.`);
  return EXIT.ok;
}

async function note(context: CommandContext, installation: Installation): Promise<number> {
  const [, , ...words] = context.words;
  wordsOf(context, ['', 'PROBLEM', 'TEXT']);
  const { syncKey, problemId } = await oneProblem(context, installation);
  await installation.transaction(async (tx) => {
    await addProblemNote(tx, syncKey, problemId, actor(), words.join(' '));
    await noteDeed(tx, syncKey, [problemId], actor());
    await noteCommand(tx, installation, 'problem.noted', problemId);
  });
  context.output.json({ problem: problemId });
  context.output.line('Noted.');
  return EXIT.ok;
}

/** Instead of what was counted for this person, for as long as the problem is open this time. */
async function spent(context: CommandContext, installation: Installation): Promise<number> {
  const [, , given = ''] = wordsOf(context, ['', 'PROBLEM', 'SPAN']);
  const spentMs = spanMs(given);
  if (spentMs === null || spentMs > SPENT_MAX_MS)
    throw new CommandFailed('SPAN is a time such as 25m or 2h, at most a week of work', {
      exitCode: EXIT.wrongInput,
    });
  const { syncKey, problemId } = await oneProblem(context, installation);
  const minutes = spentMs / 60_000;
  await installation.transaction(async (tx) => {
    await sayTimeSpent(tx, syncKey, problemId, actor(), spentMs);
    await noteCommand(tx, installation, 'problem.timeSaid', problemId, { minutes });
  });
  context.output.json({ problem: problemId, minutes });
  context.output.line(`${duration(spentMs)} are counted for you.`);
  return EXIT.ok;
}
