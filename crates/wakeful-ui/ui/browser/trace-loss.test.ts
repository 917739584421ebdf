import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser.ts';
import { type Server, start } from './server.ts';
import { BASE, send, type TestSpan } from './trace-data.ts';
import { columnsOf, openTrace, totals } from './trace-page.ts';

const LOSSY = '10550000000000000000000000000001';
const WHOLE = '10550000000000000000000000000002';
const MS = 1_000_000;
const DURATION = 50 * MS;
/** When the program lost records. */
const [FROM, UNTIL] = [10 * MS, 20 * MS];

let server: Server;
let browser: Browser;

/** Nothing in it has the colour of a band's edges. */
function spans(service: string): TestSpan[] {
  return [
    { service, name: 'work', start: 0, dur: DURATION },
    { service, name: 'step', parent: 0, start: 30 * MS, dur: 5 * MS },
  ];
}

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
  const times = `from=${BASE + BigInt(FROM)} until=${BASE + BigInt(UNTIL)}`;
  await send(server, LOSSY, spans('flooded'), 0, [`cause=ring_full spans=9 logs=0 records=27 ${times} thread=flood (3)`]);
  await send(server, WHOLE, spans('careful'));
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test('what a program lost stands in the totals, and as a band where it was lost', async () => {
  const { page, complaints } = await openTrace(browser, server, LOSSY);
  expect(await totals(page)).toMatchObject({ Lost: '9', 'Total Spans': '2' });
  const lost = page.locator('dl.totals > div', { hasText: 'Lost' });
  expect(await lost.getAttribute('title')).toContain("9 by flooded: a thread's ring was full, in flood (3)");
  const timeline = page.getByTestId('timeline');
  await expect.poll(async () => (await columnsOf(page, 'line-2')).length).toBeGreaterThan(0);
  const columns = await columnsOf(page, 'line-2');
  const scale = Number(await timeline.getAttribute('data-ns-per-px'));
  expect(Math.abs(columns[0] - FROM / scale)).toBeLessThanOrEqual(2);
  expect(Math.abs((columns.at(-1) ?? 0) - UNTIL / scale)).toBeLessThanOrEqual(2);
  expect(complaints).toEqual([]);
});

test('a band keeps its edges at every zoom, and goes where its time goes', async () => {
  const window = { ts: String(FROM - 1000), dur: '2000' };
  const { page } = await openTrace(browser, server, LOSSY, window);
  const width = 2000 / Number(await page.getByTestId('timeline').getAttribute('data-ns-per-px'));
  await expect.poll(async () => (await columnsOf(page, 'line-2')).length).toBeGreaterThan(0);
  const [first] = await columnsOf(page, 'line-2');
  expect(Math.abs(first - width / 2)).toBeLessThanOrEqual(2);
});

test('a trace of programs that lost nothing has no band', async () => {
  const { page } = await openTrace(browser, server, WHOLE);
  expect(await totals(page)).toMatchObject({ Lost: '0' });
  // The bars are drawn, in the root's colour from edge to edge.
  await expect.poll(async () => (await columnsOf(page, 'line')).length).toBeGreaterThan(0);
  expect(await columnsOf(page, 'line-2')).toEqual([]);
});
