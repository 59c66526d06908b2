/** Passwords as they are kept: scrypt, with its parameters in the text, so that they can be raised without asking anybody. */
import { scrypt, timingSafeEqual } from 'node:crypto';

import type { Random } from '../../lib/random.ts';

/** 2^15 blocks of 8 × 128 bytes: 32 MiB and, with three rounds, about a quarter of a second. */
const LOG2_COST = 15;
const BLOCK_SIZE = 8;
const ROUNDS = 3;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const BYTES_PER_BLOCK = 128;
/** What a stored text may ask for at most: a planted one must not use up the machine. */
const LOG2_COST_MAX = 20;
const BLOCK_SIZE_MAX = 32;
const ROUNDS_MAX = 16;

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 200;

interface Parameters {
  readonly log2Cost: number;
  readonly blockSize: number;
  readonly rounds: number;
}

const PRESENT: Parameters = { log2Cost: LOG2_COST, blockSize: BLOCK_SIZE, rounds: ROUNDS };

/** `scrypt$ln=15,r=8,p=3$SALT$KEY`, in base64url. */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = Buffer.from(random.bytes(SALT_BYTES));
  const key = await derive(password, salt, PRESENT);
  return `${prefixOf(PRESENT)}${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Whether this is the password; and whether it should be hashed anew, because it was with other parameters than today's. */
export async function checkPassword(
  password: string,
  stored: string,
): Promise<{ readonly isRight: boolean; readonly isOutdated: boolean }> {
  const parsed = parse(stored);
  if (parsed === null) return { isRight: false, isOutdated: false };
  const key = await derive(password, parsed.salt, parsed.parameters);
  const isRight = key.length === parsed.key.length && timingSafeEqual(key, parsed.key);
  return { isRight, isOutdated: !stored.startsWith(prefixOf(PRESENT)) };
}

function prefixOf({ log2Cost, blockSize, rounds }: Parameters): string {
  return `scrypt$ln=${String(log2Cost)},r=${String(blockSize)},p=${String(rounds)}$`;
}

const STORED = /^scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{1,100})\$([\w-]{1,100})$/;

function parse(
  stored: string,
): { readonly parameters: Parameters; readonly salt: Buffer; readonly key: Buffer } | null {
  const [, cost = '', block = '', rounds = '', salt = '', key = ''] = STORED.exec(stored) ?? [];
  const parameters = { log2Cost: Number(cost), blockSize: Number(block), rounds: Number(rounds) };
  if (key === '' || parameters.log2Cost > LOG2_COST_MAX || parameters.blockSize > BLOCK_SIZE_MAX) return null;
  if (parameters.log2Cost < 1 || parameters.blockSize < 1) return null;
  if (parameters.rounds < 1 || parameters.rounds > ROUNDS_MAX) return null;
  return { parameters, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') };
}

let last: Promise<unknown> = Promise.resolve();

/** One at a time: each takes tens of megabytes and a core, and whoever asks for many must not take both from the sync. */
function derive(password: string, salt: Buffer, parameters: Parameters): Promise<Buffer> {
  const next = last.then(() => deriveNow(password, salt, parameters));
  last = next.catch(() => undefined);
  return next;
}

function deriveNow(
  password: string,
  salt: Buffer,
  { log2Cost, blockSize, rounds }: Parameters,
): Promise<Buffer> {
  const cost = 2 ** log2Cost;
  const options = {
    N: cost,
    r: blockSize,
    p: rounds,
    maxmem: BYTES_PER_BLOCK * blockSize * (cost + rounds) + 1_048_576,
  };
  return new Promise((resolve, reject) => {
    // The same text, however it was composed on the keyboard.
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
