import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser.ts';
import { type Server, start } from './server.ts';
import { send, spanIdAt, type TestSpan } from './trace-data.ts';
import { columnsOf, openTrace } from './trace-page.ts';

const ID = 'e770e500000000000000000000000001';
const SPANS = 20_000;
/** Where the one error stands. */
const FAILED = 13_337;

let server: Server;
let browser: Browser;

/** One span in twenty thousand fails, and takes a nanosecond. */
function spans(): TestSpan[] {
  const list: TestSpan[] = [{ service: 'web', name: 'run', start: 0, dur: 4e10 }];
  for (let i = 1; i < SPANS; i++) {
    const failed = i === FAILED;
    list.push({ service: 'web', name: failed ? 'fail' : `step ${i % 7}`, parent: 0, start: i * 2e6, dur: failed ? 1 : 1.5e6, ...(failed ? { error: 'late' } : {}) });
  }
  return list;
}

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
  await send(server, ID, spans());
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test.each(['tree', 'packed'])('one error of a nanosecond is seen in the whole trace, and reached: %s', async (lay) => {
  const { page, complaints } = await openTrace(browser, server, ID, { lay });
  // All folded: the one row answers for what is below it.
  if (lay === 'tree') await page.keyboard.press('Shift+P');
  await expect.poll(async () => (await columnsOf(page, 'error')).length).toBeGreaterThan(0);
  const rows = await page.getByTestId('timeline').getAttribute('data-rows');
  await page.keyboard.press('e');
  await expect.poll(() => page.getByTestId('status').innerText()).toContain('fail, web, 1 ns');
  await page.getByRole('region', { name: 'Span details' }).getByText(spanIdAt(FAILED)).waitFor();
  expect(await page.getByTestId('timeline').getAttribute('data-rows')).toBe(rows);
  expect(complaints).toEqual([]);
});
