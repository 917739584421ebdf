import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser.ts';
import { type Server, start } from './server.ts';
import { send, spanIdAt, type TestSpan } from './trace-data.ts';
import { openTrace, parameter } from './trace-page.ts';

const ID = '11111000000000000000000000000001';

let server: Server;
let browser: Browser;

/** A batch links to the three requests that it was made of, and a second batch to two of them. */
function spans(): TestSpan[] {
  const link = (place: number) => ({ traceId: ID, spanId: spanIdAt(place) });
  const child = (name: string, at: number) => ({ service: 'queue', name, parent: 0, start: at, dur: 1_000_000 });
  return [
    { service: 'queue', name: 'run', start: 0, dur: 50_000_000 },
    child('first request', 1_000_000),
    child('second request', 3_000_000),
    child('third request', 5_000_000),
    { ...child('batch', 10_000_000), links: [link(1), link(2), link(3)] },
    { ...child('late batch', 20_000_000), links: [link(1), link(2)] },
  ];
}

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
  await send(server, ID, spans());
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const said = (page: Page) => page.getByTestId('status').innerText();

/** The details of a span are here: its links are known. */
async function details(page: Page, name: string): Promise<void> {
  await page.getByRole('region', { name: 'Span details' }).getByRole('heading', { name }).waitFor();
}

test('of several links one is chosen, around both ways, and walked along', async () => {
  const { page, complaints } = await openTrace(browser, server, ID, { sel: spanIdAt(4) });
  await details(page, 'batch');
  await page.getByRole('treegrid').focus();
  for (const [key, place] of [['}', 2], ['}', 3], ['}', 1], ['{', 3], ['{', 2]] as const) {
    await page.keyboard.press(key);
    await expect.poll(() => said(page)).toBe(`]: to span ${spanIdAt(place)}, one of 3`);
  }
  await page.keyboard.press(']');
  await details(page, 'second request');
  await expect.poll(() => parameter(page, 'uiFind')).toBe(spanIdAt(2));
  expect(complaints).toEqual([]);
});

test('of several spans that link here one is chosen, and walked back to', async () => {
  const { page, complaints } = await openTrace(browser, server, ID, { sel: spanIdAt(1) });
  await details(page, 'first request');
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('}');
  await expect.poll(() => said(page)).toBe(`[: back to span ${spanIdAt(5)}, one of 2`);
  await page.keyboard.press('[');
  await details(page, 'late batch');
  await expect.poll(() => parameter(page, 'sel')).toBe(spanIdAt(5));
  // Another span's links are counted from the first again.
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('{');
  await expect.poll(() => said(page)).toBe(`]: to span ${spanIdAt(2)}, one of 2`);
  expect(complaints).toEqual([]);
});

test('a span without links says so', async () => {
  const { page } = await openTrace(browser, server, ID, { sel: spanIdAt(0) });
  await details(page, 'run');
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('}');
  await expect.poll(() => said(page)).toBe('the span has no links within this trace');
});
