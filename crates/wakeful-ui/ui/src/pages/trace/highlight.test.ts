import { expect, test } from 'vitest';
import { highlight } from './highlight.ts';

/** Hits stand in brackets. */
function shown(text: string, words: string[]): string {
  return highlight(text, words).map(({ text, hit }) => (hit ? `[${text}]` : text)).join('');
}

test.each<[string, string[], string]>([
  ['GET /Apply', ['apply'], 'GET /[Apply]'],
  ['apply apply', ['apply'], '[apply] [apply]'],
  ['abcabc', ['ab', 'bc'], '[abcabc]'],
  ['aaa', ['aa'], '[aa]a'],
  ['run', ['apply'], 'run'],
  ['run', [], 'run'],
  ['', ['x'], ''],
  ['İstanbul', ['stan'], 'İstanbul'],
])('%j with %j', (text, words, pieces) => {
  expect(shown(text, words)).toBe(pieces);
});
