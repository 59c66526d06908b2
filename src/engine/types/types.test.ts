import { describe, expect, test } from 'vitest';

import { canonicaliserOf } from '../canonical.ts';
import { InvalidValue, type FieldType, type NativeValue } from '../value.ts';
import { sameOf } from './same.ts';

type Row = readonly [native: NativeValue, golden: unknown];

function reads(title: string, type: FieldType, rows: readonly Row[]): void {
  const read = canonicaliserOf(type);
  test.each(rows)(`${title} reads %j as %j`, (native, golden) => {
    const value = read(native);
    expect(value instanceof InvalidValue ? `!${value.code}` : value).toEqual(golden);
  });
}

describe('telephone numbers', () => {
  reads('a German phone', { kind: 'phone', region: 'DE' }, [
    ['+49 30 123456', '+4930123456'],
    ['030 123456', '+4930123456'],
    ['(030) 12 34-56', '+4930123456'],
    ['0049 30 123456', '+4930123456'],
    ['+49 (0)30 123456', '+4930123456'],
    ['tel:+49-30-123456', '+4930123456'],
    ['+1 (212) 555-0123', '+12125550123'],
    ['+1 212 555 0123 ext. 89', '+12125550123;ext=89'],
    ['+12125550123;ext=89', '+12125550123;ext=89'],
    ['\u202A+49 30 123456\u202C', '+4930123456'],
    ['+39 06 1234567', '+39061234567'],
    [4_930_123_456, '+4930123456'],
    ['', null],
    ['  ', null],
    ['n/a', '!not_phone'],
    ['call me', '!not_phone'],
    ['12', '!not_phone'],
    ['+999 123456', '!not_phone'],
    ['0'.repeat(200), '!not_phone'],
    [{ number: '030' }, '!not_phone'],
  ]);
  reads('a phone without a region', { kind: 'phone' }, [
    ['030 123456', '!not_phone'],
    ['+49 30 123456', '+4930123456'],
  ]);
});

describe('places', () => {
  reads('a country', { kind: 'country', languages: ['en', 'de', 'fr'] }, [
    ['DE', 'DE'],
    ['de', 'DE'],
    ['DEU', 'DE'],
    ['276', 'DE'],
    [276, 'DE'],
    [8, 'AL'],
    ['Germany', 'DE'],
    ['DEUTSCHLAND', 'DE'],
    ['  allemagne ', 'DE'],
    ['UK', 'GB'],
    ['USA', 'US'],
    ['United States', 'US'],
    ["C\u00f4te d'Ivoire", 'CI'],
    ['cote d ivoire', 'CI'],
    ['Absurdistan', '!not_country'],
    ['XX', '!not_country'],
    ['', null],
    [['DE'], '!not_country'],
  ]);
  reads('a country by its English names', { kind: 'country' }, [['Deutschland', '!not_country']]);
  reads('a state of the US', { kind: 'subdivision', country: 'US' }, [
    ['CA', 'CA'],
    ['ca', 'CA'],
    ['US-CA', 'CA'],
    ['California', 'CA'],
    ['CALIFORNIA ', 'CA'],
    ['New York', 'NY'],
    ['Bavaria', '!not_subdivision'],
    ['CA-ON', '!not_subdivision'],
    ['', null],
  ]);
  reads('a Land of Germany', { kind: 'subdivision', country: 'DE' }, [
    ['Bayern', 'BY'],
    ['Baden-W\u00fcrttemberg', 'BW'],
    ['baden wurttemberg', 'BW'],
  ]);
  reads('a time zone', { kind: 'timeZone' }, [
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['utc', 'UTC'],
    ['+02:00', '!not_time_zone'],
    ['Mars/Olympus', '!not_time_zone'],
    ['', null],
  ]);

  test('two names of one zone are the same, and no zone is the same as none', () => {
    const same = sameOf({ kind: 'timeZone' }, false);
    expect(same('Asia/Kolkata', 'Asia/Calcutta')).toBe(true);
    expect(same('Europe/Berlin', 'Europe/Paris')).toBe(false);
    expect(same('Europe/Berlin', null)).toBe(false);
    expect(same(undefined, null)).toBe(false);
  });
});

describe('money', () => {
  reads('a currency', { kind: 'currency' }, [
    ['eur', 'EUR'],
    ['978', 'EUR'],
    [36, 'AUD'],
    ['\u20ac', '!not_currency'],
    ['', null],
  ]);
  reads('an amount of euros', { kind: 'money', currency: 'EUR' }, [
    ['12.50', '12.5'],
    [12, '12'],
    ['9007199254740993.01', '9007199254740993.01'],
    ['12.505', '!too_precise'],
    ['\u20ac12', '!not_number'],
  ]);
  reads('an amount of yen', { kind: 'money', currency: 'JPY' }, [['12.5', '!too_precise']]);
  reads('an amount with its currency', { kind: 'money' }, [
    ['12.5 EUR', '12.50 EUR'],
    ['EUR 12.5', '12.50 EUR'],
    ['12.5eur', '12.50 EUR'],
    ['1000 JPY', '1000 JPY'],
    ['1.2345 KWD', '!too_precise'],
    ['-0 USD', '0.00 USD'],
    [{ amount: '12.50', currency_code: 'USD' }, '12.50 USD'],
    [{ amount: 3, currencyCode: 'usd' }, '3.00 USD'],
    [{ amount: '12.50' }, '!not_money'],
    ['12.50', '!not_money'],
    [12.5, '!not_money'],
    ['12 ABC', '!not_money'],
    ['', null],
  ]);
});

describe('addresses on the net', () => {
  reads('an e-mail address', { kind: 'email' }, [[' Ann.Lee@Example.COM ', 'ann.lee@example.com']]);
  reads('an e-mail address with its case', { kind: 'email', keepsCase: true }, [
    [' Ann.Lee@Example.COM ', 'Ann.Lee@example.com'],
    ['Ann.Lee', '!not_email'],
    ['', null],
  ]);
  reads('a web address', { kind: 'url' }, [
    ['HTTPS://Example.com', 'https://example.com/'],
    ['https://example.com:443/a b', 'https://example.com/a%20b'],
    ['https://b\u00fccher.example/', 'https://xn--bcher-kva.example/'],
    ['example.com', '!not_url'],
    ['vbscript:alert(1)', '!not_url'],
    ['mailto:a@b.co', '!not_url'],
    ['https://', '!not_url'],
    ['', null],
  ]);
  reads('a web address that may lack its scheme', { kind: 'url', scheme: 'https' }, [
    ['example.com', 'https://example.com/'],
    ['www.example.com/a?b', 'https://www.example.com/a?b'],
    ['example.com:8080/x', 'https://example.com:8080/x'],
    ['http://example.com', 'http://example.com/'],
    ['vbscript:alert(1)', '!not_url'],
    ['nothing', '!not_url'],
  ]);
});

describe('ids of Salesforce', () => {
  reads('an id', { kind: 'salesforceId' }, [
    ['001A000001LZ6CI', '001A000001LZ6CIIA1'],
    ['001A000001LZ6CIIA1', '001A000001LZ6CIIA1'],
    // A system without case has made capitals of all letters; the last three say which ones were.
    ['001a000001lz6ciia1', '001A000001LZ6CIIA1'],
    ['001a000001lz6ci', '001a000001lz6ciAAA'],
    ['001A000001LZ6CIAAA', '001a000001lz6ciAAA'],
    ['001A000001LZ6CI999', '!not_id'],
    ['001A000001LZ6C', '!not_id'],
    ['', null],
    [1, '!not_id'],
  ]);
});

describe('markup', () => {
  const same = sameOf({ kind: 'html' }, false);
  test.each([
    ['<p>one</p>', '<P>one</P>'],
    ['<br>', '<br />'],
    ['<p class="a b">x</p>', '<p  class="b a" >x</p>'],
    ['<p style="color:red; top:0">x</p>', '<p style="color: red;top:0;">x</p>'],
    ['a &amp; b', 'a & b'],
    ['caf&eacute;', 'caf\u00e9'],
    ['<p>a</p>\n\n<p>b</p>', '<p>a</p><p>b</p>'],
    ['<p> a\n  b </p>', '<p>a b</p>'],
    ['<!-- note -->x', 'x'],
    ['<ul><li>a<li>b</ul>', '<ul><li>a</li><li>b</li></ul>'],
  ])('%s shows the same as %s', (left, right) => {
    expect(same(left, right)).toBe(true);
  });
  test.each([
    ['<p>one</p>', '<p>One</p>'],
    ['<p>a</p>', '<div>a</div>'],
    ['a b', 'ab'],
    ['<b>a</b> b', '<b>a</b>b'],
    ['a&nbsp;b', 'a b'],
    ['<pre>a  b</pre>', '<pre>a b</pre>'],
    ['<a href="x">a</a>', '<a href="y">a</a>'],
    ['&lt;b&gt;', '<b>'],
    ['<p>a</p>', null],
  ])('%s does not show the same as %s', (left, right) => {
    expect(same(left, right)).toBe(false);
  });
});

describe('text', () => {
  reads('trimmed text', { kind: 'text', trims: true }, [
    ['  a  b ', 'a  b'],
    [' ', ''],
  ]);
  reads('text of which nothing is no value', { kind: 'text', emptyIsNull: true }, [
    ['', null],
    [' ', ' '],
  ]);
});
