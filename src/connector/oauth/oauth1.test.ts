import { createHmac } from 'node:crypto';

import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { must } from '../../lib/assert.ts';
import { seededRandom } from '../../lib/random.ts';
import { Secret } from '../../lib/secret.ts';
import { oauth1Authorizer, oauth1Header, signatureBase } from './oauth1.ts';

test('the example of RFC 5849, section 1.2, is signed as printed there', () => {
  const header = oauth1Header(
    { method: 'GET', url: new URL('http://photos.example.net/photos?file=vacation.jpg&size=original') },
    {
      consumerKey: 'dpf43f3p2l4k3l03',
      consumerSecret: new Secret('kd94hf93k423kf44'),
      token: 'nnch734d00sl2jdk',
      tokenSecret: new Secret('pfkkdhi9sl3r4s00'),
      realm: 'Photos',
      method: 'HMAC-SHA1',
    },
    { nonce: 'chapoH', timestamp: '137131202' },
  );
  expect(header).toContain('oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"');
  expect(header.startsWith('OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03"')).toBe(true);
});

test('the signature base of RFC 5849, section 3.4.1.1, is as printed there', () => {
  const url = new URL('http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b');
  expect(
    signatureBase({ method: 'post', url }, [
      ['oauth_consumer_key', '9djdj82h48djs9d2'],
      ['oauth_token', 'kkk9d7dh3k39sjv7'],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '137131201'],
      ['oauth_nonce', '7d8f3e4a'],
      ['c2', ''],
      ['a3', '2 q'],
    ]),
  ).toBe(
    'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D' +
      '%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1' +
      '%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
  );
});

test("a NetSuite request's HMAC-SHA256 signature can be recomputed from the header alone", async () => {
  const authorizer = oauth1Authorizer(
    {
      consumerKey: 'ck',
      consumerSecret: new Secret('c&s'),
      token: 'tk',
      tokenSecret: new Secret('t s'),
      realm: '1234567_SB1',
      method: 'HMAC-SHA256',
    },
    new ManualClock({ startMs: 1_700_000_000_500 }),
    seededRandom(4),
  );
  const url = new URL('https://1.suitetalk.api.netsuite.com/services/rest/query/v1/suiteql?limit=5&offset=0');
  const { authorization = '' } = await authorizer.headers(
    { method: 'POST', url },
    new AbortController().signal,
  );
  const parts = new Map(
    [...authorization.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      decodeURIComponent(value),
    ]),
  );
  expect(parts.get('realm')).toBe('1234567_SB1');
  expect(parts.get('oauth_timestamp')).toBe('1700000000');
  const signature = must(parts.get('oauth_signature'), 'signed');
  // Written out once more, without the code under test: all names here need no encoding twice.
  const signed =
    'POST&https%3A%2F%2F1.suitetalk.api.netsuite.com%2Fservices%2Frest%2Fquery%2Fv1%2Fsuiteql&' +
    encodeURIComponent(
      `limit=5&oauth_consumer_key=ck&oauth_nonce=${must(parts.get('oauth_nonce'), 'nonce')}` +
        '&oauth_signature_method=HMAC-SHA256&oauth_timestamp=1700000000&oauth_token=tk&oauth_version=1.0&offset=0',
    );
  expect(signature).toBe(createHmac('sha256', 'c%26s&t%20s').update(signed).digest('base64'));
});
