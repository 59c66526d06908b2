/** Turns what a command threw into words for a person and an exit code. */
import { ConnectionFailed } from '../connections.ts';
import { ConnectorFailure, type FailureKind } from '../connector/failure.ts';
import { CommandFailed, EXIT } from './command.ts';
import type { Output } from './output.ts';

/** Says what went wrong, and what to do, and gives the exit code. */
export function explain(output: Output, error: unknown): number {
  if (error instanceof CommandFailed)
    return report(output, 'trueup.command', error.message, error.advice, error.exitCode);
  if (error instanceof ConnectorFailure) {
    const { kind, code, message, advice } = error.failure;
    const connection = error instanceof ConnectionFailed ? error.connection : null;
    return report(
      output,
      code,
      connection === null ? message : `connection ${connection}: ${message}`,
      adviceFor(connection, kind, advice ?? null),
      kind === 'config' || kind === 'auth' ? EXIT.wrongInput : EXIT.failed,
    );
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    const [what = error.message] = error.message.split('. To specify');
    return report(output, 'trueup.command', what, 'See --help.', EXIT.wrongInput);
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? String(error.port) : '';
    const advice = 'Is Trueup running already? Stop what uses the port, or choose another with --port.';
    return report(output, 'trueup.command', `port ${port} is in use`, advice, EXIT.wrongInput);
  }
  const place = error instanceof Error && 'path' in error && 'code' in error ? placeWords(error) : null;
  if (place !== null) return report(output, 'trueup.command', place.message, place.advice, EXIT.wrongInput);
  const message = error instanceof Error ? error.message : String(error);
  return report(output, 'trueup.unexpected', message, null, EXIT.failed);
}

/** New secrets are given in one place, whatever the system says about its own. */
function adviceFor(connection: string | null, kind: FailureKind, advice: string | null): string | null {
  if (connection === null || kind !== 'auth') return advice;
  const renew = `Give it again: trueup connect ${connection}`;
  return advice === null ? renew : `${advice}\n  ${renew}`;
}

/** An error for people, and with `--json` one for programs. Gives back the exit code. */
export function report(
  output: Output,
  code: string,
  message: string,
  advice: string | null,
  exitCode: number,
): number {
  output.json({ error: { code, message, advice } });
  output.error(`error: ${message}`);
  if (advice !== null) output.error(`  ${advice}`);
  return exitCode;
}

/** What a system call that failed says to a person; null when it is nothing that a person could mend. */
function placeWords(error: {
  readonly path: unknown;
  readonly code: unknown;
}): { readonly message: string; readonly advice: string } | null {
  const path = String(error.path);
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return {
        message: `this account may not use ${path}`,
        advice: 'Give it the right, run as the account that the folder belongs to, or name another folder.',
      };
    case 'ENOTDIR':
    case 'EEXIST':
      return { message: `${path} is not in a folder, or is a file itself`, advice: 'Name a folder.' };
    case 'ENOENT':
      return { message: `there is no ${path}`, advice: 'Correct its name, or make its folder first.' };
    case 'ENOSPC':
      return { message: `the disk of ${path} is full`, advice: 'Make room there, and run it again.' };
    default:
      return null;
  }
}
