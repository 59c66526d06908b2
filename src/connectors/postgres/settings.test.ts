import { describe, expect, test } from 'vitest';

import { ConnectorFailure } from '../../connector/failure.ts';
import { SETTINGS, settingsOf } from './settings.ts';

const PLACE = { host: 'db.example.com', database: 'shop', user: 'ann' };

function refusalOf(given: Readonly<Record<string, string>>): string {
  try {
    settingsOf(given);
  } catch (error) {
    if (error instanceof ConnectorFailure) return `${error.failure.kind} ${error.failure.message}`;
  }
  return 'accepted';
}

describe('the connection', () => {
  test('may be one connection string', () => {
    const { connection } = settingsOf({
      url: 'postgresql://an%40n:p%2Fw@db.example.com:6432/my%20shop?sslmode=require',
    });
    expect(connection).toMatchObject({
      host: 'db.example.com',
      port: 6432,
      database: 'my shop',
      user: 'an@n',
      password: 'p/w',
      ssl: { rejectUnauthorized: false },
      application_name: 'trueup',
    });
  });

  test('may be single settings, and says which one is missing or wrong', () => {
    expect(settingsOf(PLACE).connection).toMatchObject({ ...PLACE, port: 5432 });
    expect(refusalOf({ ...PLACE, user: '' })).toMatch(/^config The setting `user` is missing/);
    expect(refusalOf({ ...PLACE, port: '0' })).toMatch(/`port`/);
    expect(refusalOf({ ...PLACE, ssl: 'maybe' })).toMatch(/`ssl`/);
    expect(refusalOf({ ...PLACE, replication: 'physical' })).toMatch(/`replication`/);
  });

  test('may be a socket or an address of IP version 6', () => {
    expect(settingsOf({ url: 'postgres:///shop?host=/run/postgresql&user=ann' }).connection.host).toBe(
      '/run/postgresql',
    );
    expect(settingsOf({ url: 'postgres://ann@[::1]/shop' }).connection.host).toBe('::1');
  });

  test('is never both, and an odd connection string is refused without quoting it', () => {
    expect(refusalOf({ url: 'postgres://ann@h/shop', host: 'h' })).toMatch(/`host` must be left out/);
    expect(refusalOf({ url: 'postgres://ann:s%ecret@h/shop' })).toMatch(/percent sign/);
    for (const url of ['mysql://h/shop', 'nonsense s3cret', 'postgres://ann:s3cret@h/shop?tcp=no']) {
      expect(refusalOf({ url })).toMatch(/^config The setting `url`/);
      expect(refusalOf({ url })).not.toMatch(/s3cret/);
    }
  });
});

describe('encryption', () => {
  test('is on and checked unless the server is on this machine', () => {
    expect(settingsOf(PLACE).connection.ssl).toEqual({ rejectUnauthorized: true });
    expect(settingsOf({ ...PLACE, host: '127.0.0.1' }).connection.ssl).toBe(false);
    expect(settingsOf({ ...PLACE, host: '/run/postgresql' }).connection.ssl).toBe(false);
  });

  test('is what the setting says, also over the connection string', () => {
    expect(settingsOf({ ...PLACE, ssl: 'disable' }).connection.ssl).toBe(false);
    const url = 'postgres://ann@db.example.com/shop?sslmode=verify-full';
    expect(settingsOf({ url }).connection.ssl).toEqual({ rejectUnauthorized: true });
    expect(settingsOf({ url, ssl: 'require' }).connection.ssl).toEqual({ rejectUnauthorized: false });
  });
});

test('the secret settings are marked, and every setting has an example', () => {
  expect(SETTINGS.filter(({ secret }) => secret).map(({ name }) => name)).toEqual(['url', 'password']);
  expect(SETTINGS.every(({ example, title }) => example !== '' && title !== '')).toBe(true);
});
