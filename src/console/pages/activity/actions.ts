/** What people did, as a verb before its subject. */
const ACTIONS: Readonly<Record<string, string>> = {
  'account.changed': 'changed the account',
  'account.made': 'made the account',
  'connection.tried': 'tried the connection',
  'heldWrites.released': 'let held writes go at',
  'hold.decided': 'decided the hold',
  'letters.replayed': 'tried dead letters again of',
  'letters.discarded': 'gave dead letters up of',
  'password.changed': 'changed the password of',
  'plan.approved': 'approved the plan of',
  'plan.sealed': 'had a plan made of',
  'problem.fixed': 'tried all of the problem again',
  'problem.owned': 'said who looks after the problem',
  'secret.stored': 'gave the secret',
  'session.begun': 'signed in as',
  'session.refused': 'was not let in as',
  'side.emptied': 'said that it was meant that there is nothing at',
  'sync.modeChanged': 'changed the mode of',
  'syncFile.taken': 'saved',
  'token.made': 'made the token',
  'token.withdrawn': 'ended the token',
};

/** In words; what is not known here is told as it is. */
export function actionWords(action: string): string {
  return ACTIONS[action] ?? action;
}
