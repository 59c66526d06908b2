import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

import { Secret } from '../lib/secret.ts';
import type { Installation } from '../server.ts';
import { UPKEEP } from '../store/audit.ts';
import { BackupRefused, checkBackup, type BackupHead, type SealedWord } from '../store/backup-file.ts';
import { backupLines, restore as restoreBackup } from '../store/backup.ts';
import { openOrNull, type KeySealer } from '../store/seal.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { noteCommandAfter } from './deed.ts';
import { withInstallation, wordsOf } from './open.ts';
import { count, instant } from './output.ts';

/** Sealed into every backup under each key that its secrets need: whoever can open all of it can open them. */
const SEALED_PLACE = 'backup';
const SEALED_WORD = 'trueup';

export const backup: Command = {
  name: 'backup',
  usage: 'FILE',
  summary: 'Writes all that the store knows into one file, as it is at one moment, while the workers go on',
  example: 'trueup backup trueup-monday.gz',
  options: { check: { type: 'boolean' } },
  optionHelp: {
    check: 'reads a backup instead of making one, and says whether it is whole and can be opened here',
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const [name = ''] = wordsOf(context, ['FILE']);
      if (context.flags['check'] === true) return check(context, installation, name);
      const path = resolve(context.directory, name);
      const lines = backupLines(installation.database.url, (keys) => sealedWords(installation, keys));
      const made = createWriteStream(path, { flags: 'wx', mode: 0o600 });
      try {
        await pipeline(Readable.from(lines), createGzip(), made, { signal: context.signal });
      } catch (error) {
        // A file that was there before is not ours to take away.
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
          throw new CommandFailed(`${path} is there already`, { exitCode: EXIT.wrongInput });
        await rm(path, { force: true });
        throw error;
      }
      await noteCommandAfter(installation, UPKEEP.backedUp, name, { bytes: made.bytesWritten });
      context.output.json({ file: path, bytes: made.bytesWritten });
      context.output.line(
        `${path}: ${count(made.bytesWritten)} bytes. It holds records of your systems: keep it as you keep them.`,
      );
      context.output.line(
        'Secrets in it stay sealed. Keep the key apart from it: .trueup/key, or TRUEUP_KEY.',
      );
      return EXIT.ok;
    }),
};

/** Stores nothing but that it was checked. */
async function check(context: CommandContext, installation: Installation, name: string): Promise<number> {
  const { head, rows } = await checkBackup(unpacked(context, name), (found) =>
    demandKeys(installation, found),
  ).catch((error: unknown) => refused(error, 'this is no backup that could be restored here'));
  const { madeAtMs } = head;
  await noteCommandAfter(installation, UPKEEP.backupChecked, name, { madeAtMs, rows });
  context.output.json({ rows, madeAtMs });
  context.output.line(
    `${name} is whole: ${count(rows)} rows, as they were at ${instant(madeAtMs)}. This installation can open its secrets.`,
  );
  return EXIT.ok;
}

function unpacked(context: CommandContext, name: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(resolve(context.directory, name));
  const chunks = file.pipe(createGunzip());
  file.on('error', (error) => chunks.destroy(error));
  return chunks;
}

export const restore: Command = {
  name: 'restore',
  usage: 'FILE',
  summary:
    'Fills an empty store from a backup; every sync then observes, and reads its sides anew, until its plan is approved',
  example: 'trueup restore trueup-monday.gz',
  options: {},
  optionHelp: {},
  run: (context) =>
    withInstallation(context, async (installation) => {
      const [name = ''] = wordsOf(context, ['FILE']);
      const { head, rows, syncs } = await restoreBackup(
        installation.database.url,
        unpacked(context, name),
        (found) => demandKeys(installation, found),
      ).catch((error: unknown) => refused(error, 'nothing was restored'));
      await noteCommandAfter(installation, 'store.restored', name, { madeAtMs: head.madeAtMs });
      context.output.json({ rows, syncs, madeAtMs: head.madeAtMs });
      context.output.line(
        `${count(rows)} rows, as they were at ${instant(head.madeAtMs)}. People sign in again.`,
      );
      context.output.line(
        'The systems went on meanwhile: nothing is written before their sides were read again.',
      );
      context.output.line('Next: trueup plan, then trueup apply.');
      return EXIT.ok;
    }),
};

const text = (given: Uint8Array): string => Buffer.from(given).toString('base64');
const bytes = (given: string): Uint8Array => Buffer.from(given, 'base64');

/** A key that has sealed nothing in the backup is not asked for when it is restored. */
function sealedWords(
  { sealer }: Installation,
  keyVersions: readonly number[],
): Pick<BackupHead, 'sealed' | 'sealedToo'> {
  const needed = sealer.others.filter((key) => keyVersions.some((said) => key.mayHaveSealed(said)));
  return { sealed: wordOf(sealer), sealedToo: needed.map(wordOf) };
}

function wordOf(key: KeySealer): SealedWord {
  const { sealed, sealedKey, keyVersion } = key.seal(SEALED_PLACE, new Secret(SEALED_WORD));
  return { sealed: text(sealed), sealedKey: text(sealedKey), keyVersion };
}

function demandKeys({ sealer }: Installation, { sealed: first, sealedToo = [] }: BackupHead): void {
  for (const { sealed, sealedKey, keyVersion } of [first, ...sealedToo]) {
    const word = { sealed: bytes(sealed), sealedKey: bytes(sealedKey), keyVersion };
    if (openOrNull(sealer, SEALED_PLACE, word) === null)
      throw new BackupRefused('its secrets were sealed under another key than this installation has');
  }
}

function refused(error: unknown, what: string): never {
  if (error instanceof BackupRefused)
    throw new CommandFailed(`${what}: ${error.message}`, {
      exitCode: EXIT.wrongInput,
      advice:
        'Restore into a new folder or an empty database, with the version of Trueup and the key (.trueup/key or TRUEUP_KEY) that the backup was made with, first or behind a newer one.',
    });
  if (error instanceof Error && 'code' in error && /^(?:ENOENT|Z_)/.test(String(error.code)))
    throw new CommandFailed(`${what}: the file is missing, or is no whole backup`, {
      exitCode: EXIT.wrongInput,
    });
  throw error;
}
