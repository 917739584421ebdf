import { expect, test } from 'vitest';
import { placeIn, readTags, writeTags } from './tags.ts';

test.each<[string, Record<string, string>]>([
  ['', {}],
  ['a=1', { a: '1' }],
  ['a=1 b="x y"  c= ', { a: '1', b: 'x y', c: '' }],
  ['a="say \\"hi\\""', { a: 'say "hi"' }],
  ['error', { error: 'true' }],
  ['a=1 a=2', { a: '2' }],
  ['url=http://x/?a=b', { url: 'http://x/?a=b' }],
  ['{"a":"1","b":2,"c":true}', { a: '1', b: '2', c: 'true' }],
])('tags %j', (text, tags) => {
  const read = readTags(text);
  expect(read.problem).toBe('');
  expect(Object.fromEntries(read.pairs)).toEqual(tags);
  expect(Object.fromEntries(readTags(writeTags(read.pairs)).pairs)).toEqual(tags);
});

test.each([
  ['=1', 'no key'],
  ['a="b', 'not closed'],
  ['a=b"c', 'not key=value'],
  ['{broken', 'not complete'],
  ['{"a":{"b":1}}', 'no text'],
])('%j says what is wrong', (text, problem) => {
  expect(readTags(text).problem).toContain(problem);
});

test.each([
  ['', 0, { from: 0, prefix: '' }],
  ['htt', 3, { from: 0, prefix: 'htt' }],
  ['a=1 ht', 6, { from: 4, prefix: 'ht' }],
  ['a=1 b', 3, { from: 2, prefix: '1', key: 'a' }],
  ['a="x y', 6, { from: 2, prefix: 'x y', key: 'a' }],
  ['a="x y"', 7, null],
  ['a="x" ', 6, { from: 6, prefix: '' }],
  ['{"a', 3, null],
])('in %j at %d', (text, caret, place) => {
  expect(placeIn(text, caret)).toEqual(place);
});
