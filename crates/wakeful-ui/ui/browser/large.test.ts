import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { largeId, type Server, start } from './server.ts';

const SPANS = 100_000;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: true, large: SPANS }), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function mark(page: Page, name: string): Promise<number> {
  await page.waitForFunction((wanted) => performance.getEntriesByName(wanted).length > 0, name);
  return page.evaluate((wanted) => performance.getEntriesByName(wanted)[0].startTime, name);
}

test('a trace of 100,000 spans opens, and stays quick', async () => {
  const { page, complaints } = await open(browser, { measured: true, viewport: { width: 1920, height: 1000 } });
  await page.goto(`${server.url}/trace/${largeId(SPANS)}`);
  const first = await mark(page, 'wakeful:first-picture');
  const complete = await mark(page, 'wakeful:complete');
  const timeline = page.getByTestId('timeline');
  expect(await timeline.getAttribute('data-state')).toBe('complete');
  expect(await timeline.getAttribute('data-rows')).toBe(String(SPANS));
  expect(await page.getByRole('row').count()).toBeLessThanOrEqual(120);

  const box = await timeline.boundingBox();
  if (!box) throw new Error('the timeline has no place');
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2);
  for (let i = 0; i < 50; i++) {
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, i % 10 < 6 ? -120 : 120);
    await page.keyboard.up('Control');
    await page.mouse.wheel(60, 0);
    await page.mouse.wheel(0, 400);
  }
  const p95 = Number(await timeline.getAttribute('data-redraw-p95'));
  console.log(`first picture ${first.toFixed(0)} ms, complete ${complete.toFixed(0)} ms, redraw p95 ${p95} ms`);
  // The budgets are 1 s and 20 ms on a machine that does nothing else, and `cargo xtask bench ui` holds them; what fails here is of another order.
  expect(first).toBeLessThan(10_000);
  expect(p95).toBeLessThan(200);
  expect(complaints).toEqual([]);
});

test('its errors are found, folded or not', async () => {
  const { page, complaints } = await open(browser, { measured: true });
  await page.goto(`${server.url}/trace/${largeId(SPANS)}`);
  await mark(page, 'wakeful:complete');
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('Shift+P');
  const timeline = page.getByTestId('timeline');
  await expect.poll(async () => Number(await timeline.getAttribute('data-visible'))).toBeLessThan(SPANS / 10);
  await page.keyboard.press('e');
  await expect.poll(() => page.getByTestId('status').innerText()).toContain(', error, row ');
  await page.getByRole('region', { name: 'Span details' }).getByText('error', { exact: false }).first().waitFor();
  await page.keyboard.press('Shift+O');
  await expect.poll(() => timeline.getAttribute('data-visible')).toBe(String(SPANS));
  await page.keyboard.press('End');
  await expect.poll(() => page.getByTestId('status').innerText()).toContain('row 100,000 of 100,000');
  await page.keyboard.press('Shift+P');
  await expect.poll(() => page.getByRole('row').first().getAttribute('aria-rowindex')).toBe('1');
  expect(complaints).toEqual([]);
});
