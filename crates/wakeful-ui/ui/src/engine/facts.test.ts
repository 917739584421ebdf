import { expect, test } from 'vitest';
import { bandsOf, factsOf, lossSentences } from './facts.ts';

const RING = { service: 'mini-redis', cause: "a thread's ring was full", thread: 'flood (3)', missing: 12, start: 100, dur: 50 };
const QUEUE = { service: 'shop', cause: 'queue', thread: '', missing: 1, start: 0, dur: 0 };

test('what programs lost is read from the metadata, told and drawn', () => {
  const facts = factsOf(new Map([['lost', '13'], ['losses', JSON.stringify([RING, QUEUE])]]));
  expect(facts.lost).toBe(13);
  expect(bandsOf(facts)).toEqual([
    { row: -1, start: 100, dur: 50 },
    { row: -1, start: 0, dur: 0 },
  ]);
  expect(lossSentences(facts.losses, 10)).toEqual(["12 by mini-redis: a thread's ring was full, in flood (3)", '1 by shop: queue']);
  expect(lossSentences(facts.losses, 1)).toEqual(["12 by mini-redis: a thread's ring was full, in flood (3)", 'and at 1 more times']);
  expect(bandsOf(factsOf(new Map()))).toEqual([]);
});
