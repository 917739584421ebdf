import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser.ts';
import { type Server, start } from './server.ts';
import { checkout, send, spanIdAt, type TestSpan } from './trace-data.ts';
import { openTrace, parameter, totals } from './trace-page.ts';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Twelve more spans, in the midst of those that are there. */
function grown(): TestSpan[] {
  const late = Array.from({ length: 12 }, (_, i) => ({ service: 'late', name: 'late work', parent: 0, start: 2e6 + i * 1e5, dur: 9e4 }));
  return [...checkout(), ...late];
}

test('spans that come later wait until they are asked for, and nothing moves', async () => {
  const id = '90000000000000000000000000000001';
  await send(server, id, checkout());
  const { page, complaints } = await openTrace(browser, server, id);
  const row = page.getByRole('row', { name: /charge card/ });
  await row.click();
  const details = page.getByRole('region', { name: 'Span details' });
  await details.getByRole('heading', { name: /charge card/ }).waitFor();
  const timeline = page.getByTestId('timeline');
  const before = [await timeline.getAttribute('data-t0'), await timeline.getAttribute('data-visible')];

  await send(server, id, grown(), checkout().length);
  await page.getByText('12 new rows').waitFor();
  expect((await totals(page))['Total Spans']).toBe('29');
  expect([await timeline.getAttribute('data-t0'), await timeline.getAttribute('data-visible')]).toEqual(before);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect.poll(async () => (await totals(page))['Total Spans']).toBe('41');
  await expect.poll(() => page.getByText('12 new rows').count()).toBe(0);
  await page.getByText('late work').first().waitFor();
  // The same span is still the selected one, wherever its row is now.
  await expect.poll(() => page.getByTestId('status').innerText()).toContain('charge card, payment');
  await details.getByRole('heading', { name: /charge card/ }).waitFor();
  expect(complaints).toEqual([]);
});

test('a link from before a trace grew selects and folds the same spans after it', async () => {
  const id = '90000000000000000000000000000004';
  await send(server, id, checkout());
  const { page } = await openTrace(browser, server, id);
  await page.getByRole('row', { name: /place order/ }).click();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('row', { name: /verify token/ }).click();
  await expect.poll(() => parameter(page, 'sel')).toBe(spanIdAt(1));
  await expect.poll(() => parameter(page, 'open')).toBe(`-${spanIdAt(2)}`);
  // Without the panel both rows are on screen.
  const link = { ...Object.fromEntries(new URL(page.url()).searchParams), det: '0' };

  // These begin before the others, so that all rows have other numbers.
  const early = grown().map((span) => (span.service === 'late' ? { ...span, start: 1e5 } : span));
  await send(server, id, early, checkout().length);
  const { page: later, complaints } = await openTrace(browser, server, id, link);
  await expect.poll(() => later.getByTestId('status').innerText()).toContain('verify token, auth');
  await expect.poll(() => later.getByRole('row', { name: /place order/ }).getAttribute('aria-expanded')).toBe('false');
  expect(parameter(later, 'sel')).toBe(spanIdAt(1));
  expect(complaints).toEqual([]);
});

test('who follows sees them as they come', async () => {
  const id = '90000000000000000000000000000002';
  await send(server, id, checkout());
  const { page, complaints } = await openTrace(browser, server, id);
  await send(server, id, grown().slice(0, -1), checkout().length);
  await page.getByRole('button', { name: 'Follow' }).click();
  await page.getByText('Following').waitFor();
  await expect.poll(async () => (await totals(page))['Total Spans']).toBe('40');
  await send(server, id, grown(), grown().length - 1);
  await expect.poll(async () => (await totals(page))['Total Spans']).toBe('41');
  await page.getByRole('button', { name: 'Stop' }).click();
  expect(complaints).toEqual([]);
});

test('a server that goes away is said, and what is here stays', async () => {
  const other = await start({ miniRedis: false, large: 0 });
  const id = '90000000000000000000000000000003';
  await send(other, id, checkout());
  const { page } = await openTrace(browser, other, id);
  await other.stop();
  await page.getByText('Not connected since').waitFor();
  expect((await totals(page))['Total Spans']).toBe('29');
  await page.getByRole('row', { name: /place order/ }).waitFor();
});
