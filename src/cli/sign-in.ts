import { dropProvider, setProvider } from '../api/actions/sign-in-provider.ts';
import { ApiProblem } from '../api/problem.ts';
import { ProviderName, ProviderSettings } from '../api/routes/sign-in-providers.ts';
import { Secret } from '../lib/secret.ts';
import type { Installation } from '../server.ts';
import { allProviders } from '../store/sign-in-providers.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor } from './deed.ts';
import { text, verbOf, withInstallation, wordsOf } from './open.ts';

export const signIn: Command = {
  name: 'sign-in',
  usage: '[list | set NAME | remove NAME]',
  summary:
    'Where people may sign in besides here: providers of OpenID Connect, and which group has which role',
  example:
    'CLIENT_SECRET=… trueup sign-in set corp --issuer https://login.example.com --client-id trueup --secret-from CLIENT_SECRET --role ops=operator',
  options: {
    title: { type: 'string' },
    issuer: { type: 'string' },
    'client-id': { type: 'string' },
    'secret-from': { type: 'string' },
    'no-secret': { type: 'boolean' },
    scope: { type: 'string' },
    'groups-claim': { type: 'string' },
    role: { type: 'string', multiple: true },
    'default-role': { type: 'string' },
  },
  optionHelp: {
    title: 'what the button says: "Sign in with …" (default: NAME)',
    issuer: "the provider's address, as its own description names it",
    'client-id': 'what the provider knows Trueup by',
    'secret-from': 'the environment variable that holds the client secret; the stored one is kept without it',
    'no-secret': 'the provider knows Trueup as a client without a secret',
    scope: 'what is asked for (default: openid email profile)',
    'groups-claim': 'where the provider tells groups (default: groups); a path has dots',
    role: 'GROUP=ROLE, as often as needed; the widest role of a person counts',
    'default-role': 'the role of those in none of the groups; without it they stay out',
  },
  run: (context) =>
    withInstallation(context, async (installation) =>
      verbOf(context, 'sign-in', { list, set, remove }, 'list')(context, installation),
    ),
};

async function list({ output }: CommandContext, installation: Installation): Promise<number> {
  const providers = await installation.transaction(allProviders);
  output.json({ providers });
  for (const { name, title, issuer, roles, defaultRole } of providers) {
    output.line(`${name}  Sign in with ${title}  ${issuer}`);
    for (const { group, role } of roles) output.line(`  ${group}: ${role}`);
    output.line(`  anybody else: ${defaultRole ?? 'stays out'}`);
  }
  if (providers.length === 0) output.line('People sign in with a password: trueup sign-in set NAME');
  return EXIT.ok;
}

async function set(context: CommandContext, installation: Installation): Promise<number> {
  const [, name = ''] = wordsOf(context, ['', 'NAME']);
  const { flags, output } = context;
  const given = ProviderSettings.extend({ name: ProviderName }).safeParse({
    name,
    title: text(flags['title']) ?? name,
    issuer: text(flags['issuer']),
    clientId: text(flags['client-id']),
    scope: text(flags['scope']),
    groupsClaim: text(flags['groups-claim']),
    roles: [flags['role'] ?? []].flat().map((role) => rolePair(String(role))),
    defaultRole: text(flags['default-role']),
  });
  if (!given.success) {
    const [first] = given.error.issues;
    throw wrong(`${first?.path.join('.') ?? ''}: ${first?.message ?? 'is wrong'}`);
  }
  const place = placeOf(installation);
  await asCommand(() => setProvider(place, given.data, { secret: secretOf(context) }));
  output.json({ set: name });
  output.line(
    `${name}: set up. Let the provider send people back to ADDRESS/api/v1/sign-in/${name}/callback,`,
  );
  output.line('ADDRESS being how browsers reach the console, such as --public-url.');
  return EXIT.ok;
}

async function remove(context: CommandContext, installation: Installation): Promise<number> {
  const [, name = ''] = wordsOf(context, ['', 'NAME']);
  await asCommand(() => dropProvider(placeOf(installation), name));
  context.output.json({ removed: name });
  context.output.line(`${name}: removed. Whoever has a password signs in with that.`);
  return EXIT.ok;
}

function placeOf(installation: Installation) {
  return { ...installation, by: actor() };
}

/** Undefined keeps what is stored. */
function secretOf({ flags, environment }: CommandContext): Secret | null | undefined {
  if (flags['no-secret'] === true) return null;
  const variable = text(flags['secret-from']);
  if (variable === undefined) return undefined;
  const value = environment[variable] ?? '';
  if (value === '') throw wrong(`the environment variable ${variable} is empty`);
  return new Secret(value);
}

function rolePair(pair: string): { readonly group: string; readonly role: string } {
  const at = pair.lastIndexOf('=');
  if (at < 1) throw wrong(`--role takes GROUP=ROLE, and not ${pair}`);
  return { group: pair.slice(0, at), role: pair.slice(at + 1) };
}

function wrong(message: string): CommandFailed {
  return new CommandFailed(message, { exitCode: EXIT.wrongInput, advice: 'See trueup sign-in --help.' });
}

async function asCommand<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    const { detail, advice = null, errors = [] } = error.more;
    const places = errors.map(({ path, message }) => `${path}: ${message}`);
    throw new CommandFailed([detail ?? error.message, ...places].join('; '), {
      exitCode: EXIT.wrongInput,
      advice,
    });
  }
}
