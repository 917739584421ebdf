import { expect, test } from 'vitest';
import type { Fold } from '../../engine/protocol.ts';
import { foldsIn, withFold } from './folds.ts';

const row = (at: number, open: boolean): Fold => ({ what: 'row', row: at, open });

/** Ids as the server would give them. */
const idOf = (at: number) => at.toString(16).padStart(16, 'a');
const rowOf = (id: string) => Number.parseInt(id.replace(/^a+/, ''), 16);
const written = (folds: readonly Fold[]) => folds.reduce((text, fold) => withFold(text, fold, idOf), '');
const plain = (text: string) => text.replace(/a{8,}/g, '');

test.each<[string, Fold[], string]>([
  ['rows', [row(3, false), row(12, true)], '-3.+c'],
  ['a row twice', [row(3, false), row(5, false), row(3, true)], '-5.+3'],
  ['all, which forgets what was before', [row(3, false), { what: 'all', open: false }, row(0, true)], 'none.+0'],
  ['levels', [{ what: 'level', by: -1 }, { what: 'level', by: -1 }, { what: 'level', by: 1 }], 'p.p.o'],
  ['a subtree and a run', [{ what: 'subtree', row: 7, open: true }, { what: 'run', row: 9 }], '*7.x9'],
])('%s', (_, folds, text) => {
  const address = written(folds);
  expect(plain(address)).toBe(text);
  expect(written(foldsIn(address, rowOf))).toBe(address);
});

test('what cannot be read, or is not there, is left out', () => {
  expect(foldsIn('+1.<script>.+99999999999999999.-2.-3', (id) => (id === '3' ? undefined : Number(id)))).toEqual([row(1, true), row(2, false)]);
  expect(foldsIn('', rowOf)).toEqual([]);
});

test('the address stays short', () => {
  const folds = Array.from({ length: 1_000 }, (_, at) => row(at, false));
  expect(written(folds).split('.')).toHaveLength(100);
});
