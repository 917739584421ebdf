import { expect, test } from 'vitest';
import { csvOf } from './csv.ts';

test.each<[string | number, string]>([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['@cmd', "'@cmd"],
  ['-1', "'-1"],
  [-1.5, '-1.5'],
  [Number.NaN, ''],
])('%j', (value, text) => {
  expect(csvOf([[value]])).toBe(`${text}\r\n`);
});
