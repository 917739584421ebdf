import { expect, test } from 'vitest';
import { findRows } from './find.ts';
import { sceneOf } from './testing/scenes.ts';

test.each([
  ['apply', [1, 2]],
  ['APPLY', [1, 2]],
  ['redis', [0, 1, 2]],
  ['run SELECT', [0, 3]],
  ['"SELECT items"', [3]],
  ['"items SELECT"', []],
  ['-http.url run', [0]],
  ['nothing', []],
])('%s', (query, rows) => {
  const scene = sceneOf([
    [1, 'mini-redis/run', 0, 9],
    [2, 'mini-redis/apply', 0, 3],
    [2, 'mini-redis/apply', 3, 3],
    [2, 'db/SELECT items', 3, 3],
  ]);
  const hits = findRows(scene.columns, query);
  expect([...(hits?.rows ?? [])]).toEqual(rows);
  expect([...(hits?.mask ?? [])].flatMap((hit, row) => (hit ? [row] : []))).toEqual(rows);
});

test.each(['', '   ', '""', '-key', '{ name = "a" }'])('%j asks nothing', (query) => {
  expect(findRows(sceneOf([[1, 'a', 0, 1]]).columns, query)).toBeNull();
});
