import { expect, test } from 'vitest';
import { asksSearch, checkForm, type Form, formFrom, paramsOf, parseDuration, parseTags, serverQuery } from './query.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const BLANK = formFrom(new URLSearchParams());

test('a bare address asks nothing', () => {
  expect(asksSearch(new URLSearchParams())).toBe(false);
  expect(asksSearch(new URLSearchParams('uiTheme=dark&sort=name'))).toBe(false);
  expect(asksSearch(new URLSearchParams('service=a'))).toBe(true);
  expect(asksSearch(new URLSearchParams('traceID=1'))).toBe(true);
});

test('Find Traces writes the window that it asks for', () => {
  const params = paramsOf({ ...BLANK, service: 'mini-redis' }, NOW);
  expect(Object.fromEntries(params)).toEqual({
    service: 'mini-redis',
    operation: '__all_operations__',
    lookback: '1h',
    start: `${NOW - 3_600_000}000`,
    end: `${NOW}000`,
    limit: '20',
  });
});

test('parameters that the form does not own are kept', () => {
  const old = new URLSearchParams('cohort=x&sort=name&traceID=1&tag=a:b&minDuration=1s');
  const params = paramsOf({ ...BLANK, service: null }, NOW, old);
  expect([params.get('cohort'), params.get('sort')]).toEqual(['x', 'name']);
  expect([params.get('traceID'), params.get('tag'), params.get('minDuration')]).toEqual([null, null, null]);
  expect(params.get('service')).toBe('__all_services__');
});

test.each<[string, Partial<Form>]>([
  ['service=a&operation=b', { service: 'a', operation: 'b' }],
  ['service=__all_services__', { service: null }],
  ['service=a&operation=all', { service: 'a', operation: null }],
  ['service=a&tags=%7B%22http.status_code%22%3A%22200%22%2C%22m%22%3A%22a%20b%22%7D', { tags: 'http.status_code=200 m="a b"' }],
  ['service=a&tags=error%3Dtrue', { tags: 'error=true' }],
  ['service=a&tag=k:v&tag=url:http://x', { tags: 'k=v url=http://x' }],
  ['service=a&lookback=2d', { lookback: '2d' }],
  ['service=a&lookback=nonsense', { lookback: '1h' }],
  ['service=a&start=1795262400000000&end=1795266000000000', { lookback: 'custom' }],
  ['service=a&start=0&end=0', { lookback: '1h', from: '' }],
  ['service=a&minDuration=1.2s&maxDuration=100ms&limit=7', { minDuration: '1.2s', maxDuration: '100ms', limit: '7' }],
])('the form of %s', (address, expected) => {
  expect(formFrom(new URLSearchParams(address))).toMatchObject(expected);
});

test('an address gives the form that wrote it', () => {
  const form: Form = {
    service: 'mini-redis',
    operation: 'apply',
    tags: 'a=1 b="two words"',
    lookback: 'custom',
    from: '2026-11-21T11:00',
    to: '2026-11-21T12:00',
    minDuration: '1ms',
    maxDuration: '2s',
    limit: '50',
  };
  expect(formFrom(paramsOf(form, NOW))).toEqual(form);
});

test('the server is asked what it knows', () => {
  const address = 'service=a&operation=all&start=0&end=0&lookback=custom&sort=name&tag=x:y&traceID=1&traceID=2';
  expect(serverQuery(new URLSearchParams(address)).toString()).toBe(
    'service=a&operation=__all_operations__&tag=x%3Ay&traceID=1&traceID=2',
  );
});

test.each<[string, Partial<Form>, string[]]>([
  ['nothing wrong', {}, []],
  ['a duration without a unit', { minDuration: '100' }, ['minDuration']],
  ['least above most', { minDuration: '2s', maxDuration: '1s' }, ['maxDuration']],
  ['limit too high', { limit: '1501' }, ['limit']],
  ['limit no number', { limit: 'x' }, ['limit']],
  ['tags without a sign', { tags: 'error' }, ['tags']],
  ['half a range', { lookback: 'custom', from: '2026-11-21T11:00' }, ['to']],
  ['a range backwards', { lookback: 'custom', from: '2026-11-21T11:00', to: '2026-11-21T10:00' }, ['to']],
])('%s', (_, change, fields) => {
  expect(Object.keys(checkForm({ ...BLANK, service: 'a', ...change }))).toEqual(fields);
});

test.each([
  ['1.2s', 1.2e9],
  ['100ms', 100e6],
  ['500us', 500e3],
  ['500µs', 500e3],
  ['1m30s', 90e9],
  ['.5h', 1_800e9],
  ['5', null],
  ['5 s', null],
  ['s', null],
  ['', null],
])('duration %j', (text, nanos) => {
  expect(parseDuration(text)).toBe(nanos);
});

test.each([
  ['a=1', { a: '1' }],
  ['a=1 b="x y" c=', { a: '1', b: 'x y', c: '' }],
  ['a="say \\"hi\\""', { a: 'say "hi"' }],
  ['{"a":"1","b":2}', { a: '1', b: '2' }],
  ['{broken', {}],
  ['error', {}],
])('tags %j', (text, tags) => {
  expect(parseTags(text)).toEqual(tags);
});
