import { expect, test } from 'vitest';
import { taskIdText, taskOrder } from './task-id.ts';

test.each([
  [0n, ''],
  [12n, '12'],
  [(1n << 63n) - 1n, '9223372036854775807'],
  [1n << 63n, 'w1'],
  [(1n << 63n) + 41n, 'w42'],
])('task %s is shown as %j', (id, text) => {
  expect(taskIdText(id)).toBe(text);
});

test('tasks of Tokio come first, then those that wakeful has numbered', () => {
  expect(['w10', '12', 'w2', '3'].sort((a, b) => taskOrder(a) - taskOrder(b))).toEqual(['3', '12', 'w2', 'w10']);
});
