import { expect, test } from 'vitest';
import { marksIn, textOfMarks, withMark } from './marks.ts';

/** Marks the times one after another; `k` keeps. */
function marked(...times: string[]): string {
  return times.reduce((text, time) => {
    const [, keep, from, to] = /^(k?)(\d+)to(\d+)$/.exec(time) ?? [];
    return textOfMarks(withMark(marksIn(text), Number(from), Number(to), keep === 'k'));
  }, '');
}

test.each<[string, string[], string]>([
  ['a mark goes with the next', ['0to10', '20to50'], '20-30'],
  ['a kept one stays', ['k0to10', '20to50', '60to61'], 'k0-10.60-1'],
  ['the same again takes it away', ['0to10', '0to10'], ''],
  ['a kept one too', ['k0to10', '5to6', 'k0to10'], '5-1'],
  ['what is marked can be kept', ['0to10', 'k0to10', '2to3'], 'k0-10.2-1'],
])('%s', (_, times, text) => {
  expect(marked(...times)).toBe(text);
});

test('what cannot be read is left out', () => {
  expect(marksIn('1-2.<b>.k3-4.-1-2.5')).toEqual([
    { from: 1, to: 3, kept: false },
    { from: 3, to: 7, kept: true },
  ]);
});
