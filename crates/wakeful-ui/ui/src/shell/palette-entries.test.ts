import { expect, test } from 'vitest';
import { KEYS, type Scope } from './keys.ts';
import { actionsOf, matching, readInput } from './palette-entries.ts';

test.each([
  ['', 'all', ''],
  ['red', 'all', 'red'],
  ['> copy', 'actions', 'copy'],
  [':{ name = "x" }', 'query', '{ name = "x" }'],
])('%j', (text, mode, words) => {
  expect(readInput(text)).toEqual({ mode, words });
});

test('every key of the page is in the palette, once', () => {
  const scopes: Scope[] = ['rows', 'timeline', 'views'];
  const done: string[] = [];
  const entries = actionsOf({ keys: { scopes, perform: (action) => done.push(action) } }, 'wakeful', (action) => done.push(action));
  entries.forEach(({ run }) => run());
  const rows = KEYS.filter(({ scope, action }) => [...scopes, 'global'].includes(scope) && !action.startsWith('palette'));
  expect(new Set(done)).toEqual(new Set(rows.map(({ action }) => action)));
  expect(done).toHaveLength(new Set(done).size);
  expect(new Set(entries.flatMap(({ keys }) => keys))).toEqual(new Set(rows.flatMap(({ keys }) => keys)));
});

test('what begins with the word comes first', () => {
  const entry = (name: string) => ({ name, group: 'Pages' as const, keys: [], run: () => undefined });
  const names = matching([entry('All settings'), entry('Settings'), entry('Search')], 'set').map(({ name }) => name);
  expect(names).toEqual(['Settings', 'All settings']);
  expect(matching([entry('Search')], 'pages sea')).toHaveLength(1);
});
