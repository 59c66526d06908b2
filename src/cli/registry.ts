import { alerts } from './alerts.ts';
import { apply } from './apply.ts';
import { audit } from './audit.ts';
import { backup, restore } from './backup.ts';
import { blame } from './blame.ts';
import { check } from './check.ts';
import { collectors } from './collectors.ts';
import type { Command } from './command.ts';
import { connect } from './connect.ts';
import { connector } from './connector.ts';
import { deadletters } from './deadletters.ts';
import { demo } from './demo.ts';
import { diagnose } from './diagnose.ts';
import { dictionary } from './dictionary.ts';
import { discover } from './discover.ts';
import { doctor } from './doctor.ts';
import { holds } from './holds.ts';
import { init } from './init.ts';
import { match } from './match.ts';
import { measures } from './measures.ts';
import { plan } from './plan.ts';
import { problems } from './problems.ts';
import { reconcile } from './reconcile.ts';
import { recover } from './recover.ts';
import { reseal } from './reseal.ts';
import { retention } from './retention.ts';
import { schema } from './schema.ts';
import { signIn } from './sign-in.ts';
import { simulate } from './simulate.ts';
import { status } from './status.ts';
import { supportBundle } from './support-bundle.ts';
import { isolate, testRecord } from './test-record.ts';
import { trace } from './trace.ts';
import { whatIf } from './what-if.ts';
import { start, worker } from './worker.ts';

/** In the order a newcomer meets them. */
export const commands: readonly Command[] = [
  demo,
  init,
  connect,
  connector,
  check,
  discover,
  dictionary,
  schema,
  whatIf,
  plan,
  apply,
  start,
  worker,
  status,
  diagnose,
  reconcile,
  problems,
  measures,
  alerts,
  collectors,
  trace,
  testRecord,
  isolate,
  blame,
  holds,
  match,
  deadletters,
  audit,
  signIn,
  retention,
  backup,
  restore,
  recover,
  reseal,
  doctor,
  supportBundle,
  simulate,
];
