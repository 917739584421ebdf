import { expect, test } from 'vitest';
import type { Fold } from '../../engine/protocol.ts';
import { foldsIn, withFold } from './folds.ts';

const row = (at: number, open: boolean): Fold => ({ what: 'row', row: at, open });

test.each<[string, Fold[], string]>([
  ['rows', [row(3, false), row(12, true)], '-3.+12'],
  ['a row twice', [row(3, false), row(5, false), row(3, true)], '-5.+3'],
  ['all, which forgets what was before', [row(3, false), { what: 'all', open: false }, row(0, true)], 'none.+0'],
  ['levels', [{ what: 'level', by: -1 }, { what: 'level', by: -1 }, { what: 'level', by: 1 }], 'p.p.o'],
  ['a subtree and a run', [{ what: 'subtree', row: 7, open: true }, { what: 'run', row: 9 }], '*7.x9'],
])('%s', (_, folds, text) => {
  const written = folds.reduce(withFold, '');
  expect(written).toBe(text);
  expect(foldsIn(written).reduce(withFold, '')).toBe(text);
});

test('what cannot be read is left out', () => {
  expect(foldsIn('+1.<script>.+99999999999.-2.')).toEqual([row(1, true), row(2, false)]);
  expect(foldsIn('')).toEqual([]);
});

test('the address stays short', () => {
  const text = Array.from({ length: 1_000 }, (_, at) => row(at, false)).reduce(withFold, '');
  expect(text.split('.')).toHaveLength(200);
});
