import { expect, test } from 'vitest';
import { parseDuration, writeDuration } from './duration.ts';
import { asksSearch, checkForm, type Form, formFrom, paramsOf, problemsOf, serverQuery, spanLinks } from './query.ts';

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
  ['service=a&start=1795262400000000&end=1795266000000000', { lookback: '1h' }],
  ['service=a&start=1795262400000000&end=1795266000000001', { lookback: '2h' }],
  ['service=a&start=1695262400000000&end=1795266000000000', { lookback: 'custom' }],
  ['service=a&tags=not%20%3D', { tags: '' }],
  ['q=%7B%20%7D&service=a', { q: '{ }' }],
  ['service=a&tag=novalue', { tags: 'novalue=""' }],
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
    from: '2026-11-21T11:00:00',
    to: '2026-11-21T12:00:30',
    minDuration: '1ms',
    maxDuration: '2s',
    limit: '50',
    q: null,
  };
  expect(formFrom(paramsOf(form, NOW))).toEqual(form);
});

test.each([
  ['service=a&operation=all&start=0&end=0&lookback=2h', `service=a&start=${NOW - 7_200_000}000&end=${NOW}000&limit=20`],
  ['service=a&start=5&end=9&lookback=custom&sort=name', 'service=a&start=5&end=9&limit=20'],
  ['service=a&start=5&end=9&tag=x:y&tag=z:1', 'service=a&tags=%7B%22x%22%3A%22y%22%2C%22z%22%3A%221%22%7D&start=5&end=9&limit=20'],
  ['service=a&start=5&end=9&tags=error', 'service=a&tags=%7B%22error%22%3A%22true%22%7D&start=5&end=9&limit=20'],
  ['service=a&start=5&end=9&tags=%3D&minDuration=5&limit=9999', 'service=a&start=5&end=9&limit=1500'],
  ['q=%7B+%7D&service=a&start=5&end=9&box=1,2,3,4', 'q=%7B+%7D&start=5&end=9&limit=20&box=1%2C2%2C3%2C4'],
  ['service=a&traceID=1&traceID=2&span=7%208@2&span=@3', 'traceID=1&traceID=2&traceID=3'],
])('the server is asked what it knows: %s', (address, query) => {
  expect(serverQuery(new URLSearchParams(address), NOW).toString()).toBe(query);
});

test('spans of old links are found in their traces', () => {
  expect([...spanLinks(new URLSearchParams('span=a%20b@1&span=c@1&span=@2'))]).toEqual([['1', 'a b c'], ['2', '']]);
});

test('a range that was not touched keeps its microseconds', () => {
  const old = new URLSearchParams('service=a&start=1795262400000123&end=1795266000000456&lookback=custom');
  const params = paramsOf({ ...formFrom(old), service: 'b' }, NOW, old);
  expect([params.get('start'), params.get('end')]).toEqual(['1795262400000123', '1795266000000456']);
});

test('TraceQL stands in place of the fields', () => {
  const params = paramsOf({ ...BLANK, service: 'a', tags: 'x=1', q: ' { name = "b" } ' }, NOW);
  expect([params.get('q'), params.get('service'), params.get('tags')]).toEqual(['{ name = "b" }', null, null]);
});

test.each([
  ['service=a&start=1&end=2&limit=20&sort=name&list=table', []],
  ['lookback=nonsense', ['lookback']],
  ['start=yesterday&end=-1', ['start', 'end']],
  ['minDuration=5&maxDuration=x', ['minDuration', 'maxDuration']],
  ['tags=%7Bbroken', ['tags']],
  ['tag=:x', ['tag']],
  ['limit=2000&sort=best&box=1&shown=x&view=ddg&list=tree', ['limit', 'sort', 'box', 'list', 'shown', 'view']],
])('what cannot be read of %s', (address, names) => {
  expect(problemsOf(new URLSearchParams(address), ['name']).map((line) => line.split('=')[0])).toEqual(names);
});

test.each<[string, Partial<Form>, string[]]>([
  ['nothing wrong', {}, []],
  ['a duration without a unit', { minDuration: '100' }, ['minDuration']],
  ['least above most', { minDuration: '2s', maxDuration: '1s' }, ['maxDuration']],
  ['limit too high', { limit: '1501' }, ['limit']],
  ['limit no number', { limit: 'x' }, ['limit']],
  ['tags without a key', { tags: '=error' }, ['tags']],
  ['an empty query', { q: ' ', minDuration: 'x' }, ['q']],
  ['half a range', { lookback: 'custom', from: '2026-11-21T11:00:00' }, ['to']],
  ['a range backwards', { lookback: 'custom', from: '2026-11-21T11:00:00', to: '2026-11-21T10:00:00' }, ['to']],
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
  [1.2e9, '1200ms'],
  [2e9, '2s'],
  [1_500_000, '1500us'],
  [7, '7ns'],
])('%d ns is written %s', (nanos, text) => {
  expect(writeDuration(nanos)).toBe(text);
});
