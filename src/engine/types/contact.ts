/** How people are reached: e-mail addresses, telephone numbers, web addresses. */
import { phoneOf } from '../../lib/standards/phones.ts';
import { InvalidValue, type NativeValue, type Value } from '../value.ts';
import { shapeOf } from './shape.ts';
import { composed, halfCharacter, wordOf } from './text.ts';

type Canonicalise = (raw: NativeValue) => Value | InvalidValue;

const EMAIL = /^[^\s@<>",;:()[\]\\]+@[^\s@<>",;:()[\]\\]+\.[^\s@<>",;:()[\]\\]+$/;
const EMAIL_LENGTH_MAX = 254;

/** Domains have no case. What stands before the @ has one by the book and none in use, so it is kept only when asked. */
export function emailOf(keepsCase: boolean): Canonicalise {
  return (raw) => {
    if (typeof raw !== 'string')
      return new InvalidValue('not_email', `expected an e-mail address, got ${shapeOf(raw)}`);
    const written = composed(raw.trim());
    if (written === null) return halfCharacter();
    const at = keepsCase ? written.lastIndexOf('@') : 0;
    if (written === '') return null;
    const address = at <= 0 ? written.toLowerCase() : written.slice(0, at) + written.slice(at).toLowerCase();
    if (address.length <= EMAIL_LENGTH_MAX && EMAIL.test(address)) return address;
    return new InvalidValue('not_email', 'expected one e-mail address such as ann@example.com');
  };
}

const PHONE_ADVICE = 'a telephone number';

/** One canonical number has many spellings and the library is slow, so those met lately are remembered. */
const PHONES_KEPT_MAX = 8_192;

export function phoneReader(region: string | undefined): Canonicalise {
  const expected =
    region === undefined
      ? `${PHONE_ADVICE} with its country, such as +49 30 123456`
      : `${PHONE_ADVICE} of ${region}, or one with its country, such as +49 30 123456`;
  const known = new Map<string, string | null>();
  const read = (text: string): string | null => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const phone = phoneOf(text, region);
    if (known.size >= PHONES_KEPT_MAX) known.clear();
    known.set(text, phone);
    return phone;
  };
  return wordOf('not_phone', expected, (text) => (text.startsWith('+') ? phoneOf(text, region) : read(text)));
}

const SCHEMES = new Set(['http:', 'https:', 'ftp:']);
const URL_LENGTH_MAX = 8_192;
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const HOST_FIRST = /^[^\s/:?#@]+\.[^\s/:?#@]+(?::\d+)?(?:[/?#]|$)/;

/** As browsers read it: host in small letters, no port that goes without saying, every sign that needs it encoded. */
export function urlOf(scheme: string | undefined): Canonicalise {
  const expected = `an address such as ${scheme ?? 'https'}://example.com/`;
  return wordOf('not_url', expected, (text) => {
    if (text.length > URL_LENGTH_MAX) return null;
    const isBare = scheme !== undefined && HOST_FIRST.test(text);
    if (!isBare && !HAS_SCHEME.test(text)) return null;
    const url = URL.parse(isBare ? `${scheme}://${text}` : text);
    return url !== null && SCHEMES.has(url.protocol) && url.hostname !== '' ? url.href : null;
  });
}
