import { expect, test } from 'vitest';
import { actionOf, KEYS, keysOf, preset, rememberKey, type Scope } from './keys.ts';

/** Scopes that are asked together. */
const TOGETHER: Scope[][] = [
  ['flame', 'views', 'global'],
  ['rows', 'timeline', 'views', 'global'],
  ['plot', 'global'],
  ['list', 'program', 'live', 'global'],
  ['rows', 'timeline', 'views', 'program', 'live', 'global'],
  ['find', 'global'],
];

test.each(TOGETHER)('no key does two things in %s', (...scopes) => {
  const seen = new Map<string, string>();
  for (const row of KEYS.filter(({ scope }) => scopes.includes(scope))) {
    for (const key of row.keys) {
      expect(seen.get(key), `${key} does ${row.action}`).toBeUndefined();
      seen.set(key, row.action);
    }
  }
});

test('what a key does in lanes, the timeline and its rows do by the same action', () => {
  const around = KEYS.filter(({ scope }) => scope === 'rows' || scope === 'timeline');
  for (const { keys, action } of KEYS.filter(({ scope }) => scope === 'lanes')) {
    for (const key of keys) expect(around.find((row) => row.keys.includes(key))?.action, key).toBe(action);
  }
});

function press(key: string, change: Partial<KeyboardEvent> = {}): KeyboardEvent {
  return { key, code: '', timeStamp: 0, ctrlKey: false, ...change } as KeyboardEvent;
}

test.each<[string, KeyboardEvent, string | null]>([
  ['a letter', press('j'), 'next'],
  ['a capital', press('O', { shiftKey: true }), 'open-all'],
  ['a sign that needs Shift', press('?', { shiftKey: true }), 'help'],
  ['a place, whatever is printed there', press('z', { code: 'KeyW' }), 'zoom-in'],
  ['a place with Shift', press('Z', { code: 'KeyW', shiftKey: true }), 'zoom-in'],
  ['Ctrl', press('b', { ctrlKey: true }), 'find'],
  ['what the browser owns', press('s', { ctrlKey: true, code: 'KeyS' }), null],
  ['Alt', press('j', { altKey: true }), null],
])('%s', (_, event, action) => {
  expect(actionOf(event, ['rows', 'timeline', 'global'])).toBe(action);
});

test('two keys count together when the second follows at once', () => {
  rememberKey(press('g', { timeStamp: 5000 }));
  expect(actionOf(press('s', { timeStamp: 5500, code: 'KeyS' }), ['global'])).toBe('go-search');
  expect(actionOf(press('s', { timeStamp: 9000, code: 'KeyS' }), ['global'])).toBeNull();
});

test('the preset Jaeger changes the timeline alone, and has no key twice', () => {
  const table = keysOf('jaeger');
  expect(table.filter(({ scope }) => scope !== 'timeline')).toEqual(KEYS.filter(({ scope }) => scope !== 'timeline'));
  const keys = table.filter(({ scope }) => ['timeline', 'views', 'global'].includes(scope)).flatMap((row) => row.keys);
  expect(keys).toEqual([...new Set(keys)]);
  // Everything that the timeline can do stays within reach.
  const actions = (rows: typeof table) => new Set(rows.filter(({ scope }) => ['timeline', 'rows'].includes(scope)).map(({ action }) => action));
  expect(actions(table)).toEqual(actions(KEYS));
});

test.each<[KeyboardEvent, Scope[], string]>([
  [press('w', { code: 'KeyW' }), ['rows', 'timeline'], 'page-up'],
  [press('ArrowUp'), ['timeline'], 'zoom-in'],
  [press('ArrowUp'), ['rows', 'timeline'], 'previous'],
  [press('f'), ['rows', 'timeline'], 'next-hit'],
  [press('F', { shiftKey: true }), ['rows', 'timeline'], 'fit-selection'],
  [press('j'), ['rows', 'timeline'], 'next'],
  [press('['), ['lanes', 'rows', 'timeline'], 'link-back'],
])('Jaeger: %#', (event, scopes, action) => {
  preset.value = 'jaeger';
  expect(actionOf(event, scopes)).toBe(action);
  preset.value = 'wakeful';
});
