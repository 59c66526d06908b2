/** Everything that somebody who helps needs to know, in one file, with people's data kept out. */
import { escapedHtml, htmlPage } from '../lib/html-page.ts';
import { raisedAlerts } from '../store/alerts.ts';
import { allSyncs, connectionStates, type SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { journalSince } from '../store/history.ts';
import { countLetters, listLetters } from '../store/letters.ts';
import { streamStates } from '../store/status.ts';
import { vitalsOf } from '../store/vitals.ts';
import { withoutConstants } from './constants.ts';
import { gatherEvidence } from './evidence.ts';
import { redactMessage, shapeOfValue } from './redact.ts';
import { diagnose, type Evidence } from './symptoms.ts';

const LETTERS_MAX = 50;
const JOURNAL_MAX = 200;
const JOURNAL_HOURS = 24;
const HOUR_MS = 3_600_000;

/** As it goes into the file. */
export type Bundle = Readonly<Record<string, unknown>>;

/** In one snapshot of the store. The same state gives the same bundle, but for the time it was made. */
export async function gatherBundle(tx: Tx, program: Readonly<Record<string, string>>): Promise<Bundle> {
  const syncs: Bundle[] = [];
  for (const sync of await allSyncs(tx)) syncs.push(await ofSync(tx, sync));
  const connections = await connectionStates(tx);
  return {
    madeAt: new Date(tx.nowMs).toISOString(),
    program,
    alerts: (await raisedAlerts(tx)).map((alert) => ({ ...alert, detail: redactMessage(alert.detail) })),
    connections: connections.map(({ reason, ...rest }) => ({
      ...rest,
      reason: reason === null ? null : redactMessage(reason),
    })),
    syncs,
  };
}

async function ofSync(tx: Tx, sync: SyncRow): Promise<Bundle> {
  const { syncKey, name, mode, revision, definition } = sync;
  const evidence = await gatherEvidence(tx, sync);
  const { letters } = await listLetters(tx, syncKey, {}, null, LETTERS_MAX);
  const journal = await journalSince(tx, syncKey, tx.nowMs - JOURNAL_HOURS * HOUR_MS, JOURNAL_MAX);
  return {
    name,
    mode,
    revision,
    definition: withoutConstants(definition),
    counts: evidence.counts,
    streams: await streamStates(tx, syncKey),
    vitals: await vitalsOf(tx, syncKey),
    findings: diagnose(redactedEvidence(evidence)),
    problems: redactedEvidence(evidence).problems,
    letterCounts: await countLetters(tx, syncKey, {}),
    letters: letters.map(({ failure, body, ...letter }) => ({
      ...letter,
      failure: { ...failure, message: redactMessage(failure.message) },
      body:
        body === null
          ? null
          : Object.fromEntries(Object.entries(body).map(([field, value]) => [field, shapeOfValue(value)])),
    })),
    // What happened, when and to which record; not what the values were.
    journal: journal.map(({ atMs, side, recordId, kind }) => ({ atMs, side, recordId, kind })),
  };
}

function redactedEvidence(evidence: Evidence): Evidence {
  return {
    ...evidence,
    problems: evidence.problems.map((problem) => ({ ...problem, message: redactMessage(problem.message) })),
  };
}

/** One page that needs nothing else and loads nothing: the bundle to read, and the same as data to take out again. */
export function bundlePage(bundle: Bundle): string {
  const json = JSON.stringify(bundle, null, 1);
  const body = [
    `<p>Made at ${escapedHtml(String(bundle['madeAt']))}. Values of records are left out or shown by their form only; look through it before you send it.</p>`,
    ...Object.entries(bundle).map(sectionOf),
    `<script type="application/json" id="bundle">${json.replaceAll('<', '\\u003c')}</script>`,
  ];
  return htmlPage('Trueup support bundle', body.join('\n'));
}

function sectionOf([name, content]: readonly [string, unknown]): string {
  const open = name === 'alerts' || name === 'syncs' ? ' open' : '';
  return `<details${open}><summary>${escapedHtml(name)}</summary><pre>${escapedHtml(JSON.stringify(withInstants(content), null, 2))}</pre></details>`;
}

/** Milliseconds since 1970 are at least so many, in this century; a span of time is less. */
const INSTANT_MS_MIN = Date.UTC(2000, 0);

/** Moments as people read them: `sinceMs: 1795329218889` becomes `since: 2026-11-22T06:33:38.889Z`. */
function withInstants(content: unknown): unknown {
  if (Array.isArray(content)) return content.map(withInstants);
  if (typeof content !== 'object' || content === null) return content;
  return Object.fromEntries(
    Object.entries(content).map(([key, value]: [string, unknown]) =>
      key.endsWith('Ms') && typeof value === 'number' && value >= INSTANT_MS_MIN
        ? [key.slice(0, -2), new Date(value).toISOString()]
        : [key, withInstants(value)],
    ),
  );
}
