import { expect, test } from 'vitest';
import { type Form, formFrom } from './query.ts';
import { queryPlace, writeTraceql } from './traceql.ts';

const BLANK = formFrom(new URLSearchParams());

test.each<[Partial<Form>, string]>([
  [{}, '{ }'],
  [{ service: null }, '{ }'],
  [{ service: 'shop "1"', operation: 'GET /' }, '{ resource.service.name = "shop \\"1\\"" && name = "GET /" }'],
  [{ tags: 'http.status_code=500 error user="a b" 1-2=1-2' }, '{ .http.status_code = 500 && .error = true && .user = "a b" && .1-2 = "1-2" }'],
  [{ tags: '{"a b":"x"}' }, '{ ."a b" = "x" }'],
  [{ minDuration: '1.5ms', maxDuration: '2s' }, '{ duration >= 1500us && duration <= 2s }'],
])('%j', (change, text) => {
  expect(writeTraceql({ ...BLANK, ...change })).toBe(text);
});

test.each([
  ['{ ', { what: 'word', from: 2, prefix: '' }],
  ['{ res', { what: 'word', from: 2, prefix: 'res' }],
  ['{ .htt', { what: 'key', from: 3, prefix: 'htt' }],
  ['{ span.http.st', { what: 'key', from: 7, prefix: 'http.st' }],
  ['{ .http.method = "G', { what: 'value', from: 18, prefix: 'G', key: 'http.method' }],
  ['{ resource.service.name = ', { what: 'value', from: 26, prefix: '', key: 'service.name' }],
  ['{ .a = "b" && ', { what: 'word', from: 14, prefix: '' }],
  ['{ .a = "b"', null],
])('after %j', (text, place) => {
  expect(queryPlace(text, text.length)).toEqual(place);
});
