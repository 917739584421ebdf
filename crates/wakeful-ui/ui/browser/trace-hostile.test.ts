import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser.ts';
import { sendEvents } from './many-events.ts';
import { type Server, start } from './server.ts';
import { HOSTILE_TEXTS, HOSTILE_TRACE, hostile, send, spanIdAt } from './trace-data.ts';
import { openTrace } from './trace-page.ts';

const EVENTS = 1_000_000;
const EVENTS_TRACE = 'e7e27500000000000000000000000001';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
  await send(server, HOSTILE_TRACE, hostile());
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Nothing of what was sent became an element, a script or a title. */
async function expectTextAlone(page: Page): Promise<void> {
  const made = await page.evaluate(() => ({
    title: document.title === '1',
    elements: document.querySelectorAll('main :is(img, script, iframe, svg[onload])').length,
    links: [...document.querySelectorAll('a')].filter(({ protocol }) => !/^(https?|mailto|blob):$/.test(protocol)).length,
    polluted: 'polluted' in {},
  }));
  expect(made).toEqual({ title: false, elements: 0, links: 0, polluted: false });
}

test.each(['timeline', 'graph', 'statistics', 'table', 'flame', 'logs'])('%s shows strangers\' text as text', async (view) => {
  const { page, complaints } = await openTrace(browser, server, HOSTILE_TRACE, { view, uiFind: 'onerror' });
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  await page.getByText('<script>', { exact: false }).first().waitFor();
  await expectTextAlone(page);
  const { scroll, client } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  expect(scroll).toBe(client);
  expect(complaints).toEqual([]);
});

test('values, events and names of strangers in the details', async () => {
  const { page, complaints } = await openTrace(browser, server, HOSTILE_TRACE, { uiFind: spanIdAt(0) });
  const details = page.getByRole('region', { name: 'Span details' });
  await details.getByText(HOSTILE_TEXTS[0], { exact: false }).first().waitFor();
  const said = await details.innerText();
  for (const text of [HOSTILE_TEXTS[1], HOSTILE_TEXTS[2], '\\u{1b}[31mred', '\\u{202e}txt.exe', '\\u{2066}isolated']) {
    expect(said).toContain(text);
  }
  await details.getByRole('button', { name: /^Load whole/ }).click();
  await expect.poll(async () => (await details.innerText()).length).toBeGreaterThan(900_000);
  await expectTextAlone(page);
  await page.getByRole('combobox', { name: /^Find/ }).fill(spanIdAt(2));
  await details.getByRole('tab', { name: `Events ${HOSTILE_TEXTS.length}` }).click();
  await details.getByText('\\u{2066}isolated\\u{2069}').first().waitFor();
  await expectTextAlone(page);
  expect(complaints).toEqual([]);
});

test('ten thousand attributes and a name of 64 kB: by the thousand, and quick', async () => {
  const { page, complaints } = await openTrace(browser, server, HOSTILE_TRACE, { uiFind: spanIdAt(1) });
  const details = page.getByRole('region', { name: 'Span details' });
  await details.getByRole('tab', { name: 'Attributes 10,000' }).waitFor();
  const own = details.locator('.attributes').first().locator('tbody tr');
  expect(await own.count()).toBe(1_000);
  await details.getByRole('button', { name: 'Load more' }).click();
  await expect.poll(() => own.count()).toBe(2_000);
  await page.keyboard.press('Escape');
  await expect.poll(() => details.count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('a million events on one span: ticks on its bar, and pages of a thousand', async () => {
  await sendEvents(server, EVENTS_TRACE, spanIdAt(0), EVENTS);
  const { page, complaints, answered } = await openTrace(browser, server, EVENTS_TRACE);
  await answered();
  const details = page.getByRole('region', { name: 'Span details' });
  await page.getByRole('row', { name: /busy/ }).click();
  await details.getByRole('tab', { name: 'Events 1.00 M' }).click();
  await expect.poll(() => details.locator('details').count()).toBe(1_000);
  await page.keyboard.press('6');
  const grid = page.getByRole('grid', { name: 'Events of the trace' });
  await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('1001');
  await grid.focus();
  await page.keyboard.press('End');
  await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(1_001);
  expect(await grid.getByRole('row').count()).toBeLessThanOrEqual(120);
  expect(complaints).toEqual([]);
});
