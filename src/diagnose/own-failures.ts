/** What Trueup itself reports, beside the connectors: about mappings, holds, connections and its own work. */
import type { KnownFailure } from '../connector/known-failures.ts';
import { HOLD_TEXTS, type Stop } from '../store/problems.ts';

type Row = readonly [kind: KnownFailure['kind'], cause: string, advice: string];

const NOTHING = 'Nothing to do: it goes on by itself.';
const VALUE = 'Correct the value in the system, or change the mapping of the field.';
const REPORT = 'This is a bug in Trueup: please report it with this code.';

const WORK: Readonly<Record<string, Row>> = {
  'trueup.unexpected': ['transient', 'Something in Trueup broke that should not.', REPORT],
  'trueup.store_unavailable': [
    'transient',
    'The PostgreSQL that holds Trueup’s own state cannot be reached or has no room.',
    'Check that it runs and that its disk is not full: trueup doctor',
  ],
  'trueup.changed_before_write': [
    'precondition',
    'The record was changed between the decision to write and the write.',
    NOTHING,
  ],
  'trueup.required_missing': [
    'invalid',
    'A record would be created without a field that must be filled.',
    'Fill the field in the system that knows it, or give the mapping a `when_missing` value.',
  ],
  'trueup.no_result': ['unknownOutcome', 'The connector gave no result for a write.', REPORT],
  'trueup.no_answer_for_record': [
    'transient',
    'The connector answered a look-up without the record.',
    REPORT,
  ],
  'trueup.wrong_record': [
    'transient',
    'A look-up was answered with another record than the one asked for. Nothing of the answer was taken.',
    'It is asked again by itself. If it goes on, check that a proxy in between does not answer itself, and report it with this code.',
  ],
  'trueup.waiting_record_doubted': [
    'transient',
    'A record was deleted, and the one that waits for its place was not shown, though nothing proves that it is gone.',
    NOTHING,
  ],
  'trueup.not_landed': [
    'transient',
    'A write whose answer was lost was found not to have happened.',
    NOTHING,
  ],
  'trueup.tries_used_up': [
    'transient',
    'The write broke again and again and was found not to have happened each time.',
    'See its tries with trueup trace, put the cause right, and replay it.',
  ],
  'trueup.unclear': [
    'unknownOutcome',
    'After a lost answer the record was found changed in another way.',
    NOTHING,
  ],
  'trueup.overtaken': [
    'unknownOutcome',
    'After a lost answer the record was seen while its write was being looked into.',
    NOTHING,
  ],
  'trueup.found_another': [
    'unknownOutcome',
    'After a lost answer a record with the same key was found.',
    NOTHING,
  ],
  'trueup.create_outcome_unknown': [
    'unknownOutcome',
    'The answer to a create was lost, and nothing tells whether the record exists.',
    'Look in the system: link the record if it is there, or replay the write if it is not.',
  ],
  'trueup.worker_lost': ['unknownOutcome', 'The worker that sent a write has not reported back.', NOTHING],
  'trueup.reconcile_budget': [
    'rateLimited',
    'What reconciliation may take of a system’s limits was used up before a record was looked at.',
    'It is tried again the next day. Give `reconcile` of the sync a greater `budget`.',
  ],
  'trueup.reconciling': [
    'transient',
    'The side is being compared already, by a schedule or by somebody who asked for it.',
    'Wait until that has ended; its report is kept. What was killed is given up after two minutes.',
  ],
  'trueup.reconciling_too_long': [
    'config',
    'Reading a side within the budget of its reconciliation took longer than a month.',
    'Give `reconcile` of the sync a greater budget, or `beyond_budget: sample`.',
  ],
  'trueup.stopped': ['transient', 'The program was stopped in the middle of a reconciliation.', NOTHING],
  'trueup.put_back': ['transient', 'Another record of the batch could not be looked up.', NOTHING],
  'worker.too_late': ['transient', 'The worker was stopped between decision and request.', NOTHING],
  'trueup.duplicate_record': [
    'invalid',
    'Another record of the side already stands for the same thing.',
    'Merge the two records in the system, delete one of them, or change the key of one; what is deleted leaves its place to the other.',
  ],
  'trueup.ambiguous_match': [
    'invalid',
    'The keys of a record lead to more than one thing.',
    'Say whose it is with trueup holds belongs. Or correct its keys in its system, or make the things that they lead to one: it goes on by itself then.',
  ],
  'trueup.side_emptied': [
    'config',
    'A side that held many records was read as empty, or nearly.',
    'Check the account and the collection. If it was really emptied, say so with trueup holds.',
  ],
  'trueup.missing_secret': [
    'config',
    'A secret of a connection is neither in the environment nor stored.',
    'Run: trueup connect — it asks for the secret and stores it sealed.',
  ],
  'trueup.secret_elsewhere': [
    'config',
    'A connection does not lead where it did when its secret was given, so the secret was not sent.',
    'If it leads where it should, give the secret again: trueup connect, or in the console.',
  ],
  'trueup.unknown_system': [
    'config',
    'There is no connector for the system.',
    'Correct `system` of the connection.',
  ],
  'trueup.renewal_busy': ['transient', 'Another worker is just renewing the token.', NOTHING],
  'http.path_segment': [
    'invalid',
    'A key holds what cannot stand in an address.',
    'Correct the key of the record where it comes from.',
  ],
  'connection.reauthorise': [
    'auth',
    'The system refuses the connection’s credentials.',
    'Run: trueup connect — a person authorises the connection again.',
  ],
  'connection.misconfigured': [
    'config',
    'A setting of the connection is wrong.',
    'Correct it, then run: trueup connect',
  ],
  'connection.unreachable': ['transient', 'The system could not be reached when it was last tried.', NOTHING],
};

/** By the code of InvalidValue: why a value of a system cannot be taken, or one of ours not be given. */
const VALUES: Readonly<Record<string, string>> = {
  not_split:
    'A text cannot be told apart into the fields that hold its parts, or not so that the same text comes back.',
  not_read: 'The edited mapping does not read the field any more.',
  invalid: 'The value does not fit the field.',
  not_text: 'The value is not one text.',
  too_long: 'The value is longer than the field allows.',
  too_long_there: 'The value is longer than the side keeps.',
  not_number: 'The text is not a number as the mapping expects it.',
  not_integer: 'The number is not whole.',
  too_precise: 'The value is more exact than the side keeps.',
  not_boolean: 'The value is neither yes nor no.',
  not_date: 'The text is not a date, or not in the format that the mapping expects.',
  not_time: 'The text is not a time of day.',
  not_instant: 'The text is not a moment with its zone, or not in the format that the mapping expects.',
  no_such_time: 'Clocks in that zone never show this time.',
  year_there: 'The year cannot be written at the side.',
  not_email: 'The text is not one e-mail address.',
  not_phone: 'The text is not a phone number, or its country is not known.',
  not_country: 'The text names no country.',
  not_subdivision: 'The text names no state or province of the country.',
  not_currency: 'The text names no currency.',
  not_money: 'The text is not an amount with its currency.',
  not_time_zone: 'The text names no time zone.',
  not_url: 'The text is not an address.',
  not_uuid: 'The text is not a UUID.',
  not_reference: 'The value names no record of the side that it refers to.',
  not_id: 'The text is not an id of the system.',
  not_html: 'The text is not HTML.',
  not_json: 'The text is not JSON.',
  not_a_set: 'The value is not a list.',
  not_an_option: 'The value is not one of the choices: a new one was perhaps added in the system.',
  comes_twice: 'The value is given twice where it may stand once.',
  separator_inside: 'An element of the list holds the separator.',
  no_prefix: 'The text lacks the prefix that the mapping takes off.',
  reserved_word: 'The value would mean "none" at the side.',
  one_way: 'The mapping of the field goes one way only.',
  bad_expression: 'An expression of the mapping cannot be read.',
  expression_failed: 'An expression of the mapping fails on this record.',
  too_deep: 'The structure has more levels than are taken in.',
};

/** What the watch finds without any failure. */
const WATCHED: Readonly<Record<string, Row>> = {
  'watch.silent': [
    'config',
    'A side that usually changes has shown no change for unusually long, though reading it works.',
    'Compare it with the system: a filter, a lost subscription or an account that sees less now look like this: trueup diagnose',
  ],
  'watch.deaf_feed': [
    'config',
    'A comparison found changes that the feed of the side should have told of and did not.',
    'Check the subscription (webhook, change data capture, replication, triggers) in the system: it was perhaps deleted or switched off. A feed by a change column needs that every write sets it, and that no transaction stays open for long. What was missed is taken in already. Until the feed tells again the side is compared every hour; the alert ends with a comparison that finds nothing untold.',
  ],
  'watch.wrong_clock': [
    'config',
    'A comparison found changed records whose stamp cannot be true: the clock that stamps them is wrong, or shows another time zone.',
    'Set the clock or the time zone of whatever stamps these records, or let the database stamp them itself. What was missed is taken in already. Until then the side is compared every hour; the alert ends with a comparison that finds nothing of the kind.',
  ],
  'watch.silent_webhook': [
    'config',
    'Records changed of which the webhook of the system should have told and did not.',
    'Look in the system whether its subscription is still there, active, and about these records, and whether it shows deliveries that failed; trueup connect says the address that it must call. What was not told of is taken in already, and the side is as late as its reading until the webhook tells again, which ends the alert.',
  ],
  'watch.refused_webhook': [
    'config',
    'Records changed of which no webhook told, while deliveries at its address were refused.',
    'Compare the secret with which the system signs with the one that the connection has (webhook_secret), and give the right one: trueup connect. One that is too old comes late or was stamped by a wrong clock. If the system shows no failed deliveries, somebody else sent these, and its subscription is gone. The alert ends with the first delivery that is taken.',
  ],
  'watch.drift': [
    'permanent',
    'A reconciliation found differences between a side and what should stand there that nothing explains.',
    'See them with trueup reconcile, plan what mends them with --repair and approve it, and reconcile once more: the alert ends when none is left.',
  ],
  'watch.stale': [
    'transient',
    'A side has not been read completely for longer than it should.',
    'See why with trueup diagnose; check that a worker runs.',
  ],
  'watch.queue': [
    'transient',
    'Writes wait for longer than they should.',
    'See trueup problems for what stops them; check that a worker runs.',
  ],
  'watch.stalled': [
    'transient',
    'No worker has taken anything up for minutes.',
    'Start one: trueup worker. If one runs, its log says what it waits for.',
  ],
  'watch.recovering': [
    'config',
    'The store has gone back in time: all sides are read again, and nothing is written before a plan is approved.',
    'When the sides are read, see what would be written with trueup plan, and approve it: trueup apply',
  ],
  'watch.failure_rate': [
    'transient',
    'More tries fail than usual.',
    'See trueup problems: the newest is probably the cause.',
  ],
  'watch.quota': [
    'rateLimited',
    'What the system allows in a day will be used up before the day ends.',
    'Read less often (`poll_seconds`), or have the limit raised by the vendor.',
  ],
  'watch.announcements': [
    'transient',
    'Messages about delivered changes are not taken by the system they are announced to.',
    'The failure says why; trueup status shows how many messages wait. What was refused is told again by itself, after a minute at first and every six hours at last, and at once when the sync starts anew: after a new revision of the sync file, or a restart of the worker.',
  ],
  'watch.error_log': [
    'config',
    'The error log that a system keeps of dead letters could not be brought up to date.',
    'See what it lacks: trueup check. The syncs go on meanwhile, and `trueup deadletters` shows everything.',
  ],
  'watch.token_expiry': [
    'auth',
    'The authorisation of a connection ends soon and is not renewed by itself.',
    'Run: trueup connect — a person authorises the connection again.',
  ],
  'watch.channel': [
    'config',
    'A channel for alerts does not take its notices.',
    'Correct it with trueup alerts add, and try it: trueup alerts test',
  ],
  'watch.collector': [
    'config',
    'A collector does not take the metrics.',
    'Correct it with trueup collectors add, and try it: trueup collectors test',
  ],
  'otlp.settings': [
    'config',
    'The address or the headers of a collector will not do.',
    'Set it up again: trueup collectors add',
  ],
  'otlp.address': [
    'config',
    'The address of a collector leads where this installation lets no connection go.',
    'Use a public address over TLS, or allow more where Trueup is started: TRUEUP_NETWORK.',
  ],
  'otlp.refused': [
    'config',
    'A collector refuses the metrics.',
    'Check the address and the headers: trueup collectors add',
  ],
  'otlp.not_sent': [
    'transient',
    'A collector could not be reached or was busy.',
    'Nothing: it is tried again every minute. If it lasts, see whether the collector runs.',
  ],
  'alerts.channel': [
    'config',
    'The settings of a channel for alerts will not do.',
    'Set it up again: trueup alerts add',
  ],
  'email.not_sent': [
    'config',
    'The mail server does not take a message.',
    'See what it says; check host, port, user and sender.',
  ],
};

const HOLD_ADVICE: Readonly<Record<Stop, string>> = {
  conflict:
    'Choose the value: trueup holds take, keep or value. To decide such cases by themselves, give the field a policy.',
  editAgainstDelete: 'Say which of the two shall stand: trueup holds delete or revive.',
  deletion: 'Say whether the delete shall be passed on: trueup holds delete or revive.',
  returned: 'Say whether it shall live again: trueup holds delete or revive.',
  merged:
    'Merge the records at the other side too, and it ends by itself. Or say whether the rest shall go the same way (trueup holds delete) or live on (trueup holds revive).',
  oscillation:
    'Find the automation at one side that puts the value back, and stop it or make that side the owner of the field.',
  violation: 'Correct the value, or change the rule of the field.',
  ambiguousMatch: 'Correct the key of one of the records in its system, then trueup holds revive.',
  duplicateRecord:
    'Merge the two records in the system, or delete one of them: it leaves its place to the other.',
  createOutcomeUnknown: 'Look in the system whether the record is there; if not, replay it.',
  massDelete: 'Look at what would be deleted. If it is meant, let exactly that go: trueup holds release.',
  massChange: 'Look at what would be changed. If it is meant, let exactly that go: trueup holds release.',
  hidden:
    'Give the account the right to see it, or widen the filter. If it shall stay out, nothing needs to be done.',
};

export const OWN_FAILURES: readonly KnownFailure[] = [
  ...Object.entries({ ...WORK, ...WATCHED }).map(([code, [kind, cause, advice]]) => ({
    code,
    kind,
    cause,
    sign: null,
    advice,
  })),
  ...Object.entries(VALUES).map(([name, cause]) => ({
    code: `mapping.${name}`,
    kind: 'invalid' as const,
    cause,
    sign: null,
    advice: VALUE,
  })),
  ...(Object.entries(HOLD_TEXTS) as readonly (readonly [Stop, string])[]).map(([reason, text]) => ({
    code: `hold.${reason}`,
    kind: 'hold' as const,
    cause: `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`,
    sign: null,
    advice: HOLD_ADVICE[reason],
  })),
];
