import { expect, test } from 'vitest';

import { bitString, integer, moment, objectId, octets, sequence } from './der.ts';

const hex = (bytes: Buffer): string => bytes.toString('hex');

test('lengths are written in the shortest form', () => {
  expect(hex(octets(new Uint8Array(127)).subarray(0, 2))).toBe('047f');
  expect(hex(octets(new Uint8Array(128)).subarray(0, 3))).toBe('048180');
  expect(hex(octets(new Uint8Array(300)).subarray(0, 4))).toBe('0482012c');
});

test('integers are never negative and carry no leading zeros', () => {
  expect(hex(integer(Uint8Array.of(0)))).toBe('020100');
  expect(hex(integer(Uint8Array.of(0, 0, 5)))).toBe('020105');
  expect(hex(integer(Uint8Array.of(0x80)))).toBe('02020080');
});

test('object identifiers, moments and bit strings are spelled as X.690 says', () => {
  expect(hex(objectId('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302');
  expect(moment(Date.UTC(2026, 0, 31, 9, 5, 7)).toString('latin1')).toContain('20260131090507Z');
  expect(hex(sequence(bitString(Uint8Array.of(0x06), 1)))).toBe('300403020106');
});
