/** The demo's console: opened on the example that has just been told, with an account that is ready. */
import { hashPassword } from '../api/doors/password.ts';
import { serve, type Serving } from '../serve.ts';
import type { Installation } from '../server.ts';
import { addAccount } from '../store/accounts.ts';
import { filesWork } from './serve-dictionary.ts';

const HOSTNAME = '127.0.0.1';
const PORT = 4_600;
const PASSWORD_BYTES = 10;

/** How a person gets in. */
export interface Entrance {
  readonly email: string;
  readonly password: string;
}

/** Makes the demo's admin, under a password that nobody else can know: other people may share the machine. */
export async function makeEntrance(installation: Installation): Promise<Entrance> {
  const { random, ids, workspaceNo } = installation;
  const password = Buffer.from(random.bytes(PASSWORD_BYTES)).toString('hex');
  const account = {
    accountId: ids.next(),
    email: 'demo@example.com',
    name: 'Demo',
    role: 'admin',
    passwordHash: await hashPassword(password, random),
  } as const;
  await installation.transaction((tx) => addAccount(tx, workspaceNo, account));
  return { email: account.email, password };
}

/** Serves the console where `trueup start` would, or on any free port where that is taken. */
export async function openConsole(installation: Installation): Promise<Serving> {
  const options = { hostname: HOSTNAME, publicUrl: null, files: filesWork } as const;
  try {
    return await serve(installation, { ...options, port: PORT });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return serve(installation, { ...options, port: 0 });
  }
}
