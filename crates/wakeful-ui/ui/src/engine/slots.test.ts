import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serviceSlots, slotColour, slotMarked } from './slots.ts';

interface Case {
  steps: string[][];
  slots: Record<string, number>;
}

const { cases } = JSON.parse(readFileSync('testdata/service-slots.json', 'utf8')) as { cases: Case[] };

test.each(cases)('$steps', ({ steps, slots }) => {
  let taken: ReadonlyMap<string, number> = new Map();
  for (const names of steps) taken = serviceSlots(names, taken);
  expect(Object.fromEntries(taken)).toEqual(slots);
});

test('two dozen services have two dozen marks', () => {
  const names = Array.from({ length: 24 }, (_, i) => `service ${i}`);
  const slots = [...serviceSlots(names).values()];
  expect(new Set(slots).size).toBe(24);
  expect(slots.filter(slotMarked)).toHaveLength(12);
  expect(new Set(slots.map(slotColour)).size).toBe(12);
});

test('a fiftieth service has a colour too', () => {
  const names = Array.from({ length: 50 }, (_, i) => `service ${i}`);
  expect(Math.max(...serviceSlots(names).values())).toBeLessThanOrEqual(24);
});
