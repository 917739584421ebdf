import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { type Server, searchFor, start } from './server.ts';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: true, large: 0 }), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** The terms of the trace's totals, as they are read. */
async function totals(page: Page): Promise<Record<string, string>> {
  await page.locator('dl.totals').waitFor();
  return page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('dl.totals > div')].map((row) => [
        row.querySelector('dt')?.textContent ?? '',
        row.querySelector('dd')?.textContent ?? '',
      ]),
    ),
  );
}

async function expectTheTrace(page: Page): Promise<void> {
  expect(await totals(page)).toMatchObject({ Services: '1', Depth: '2', 'Total Spans': '3', Errors: '0' });
  const grid = page.getByRole('treegrid', { name: 'Spans' });
  await expect.poll(() => grid.getByRole('row').count()).toBe(3);
  expect(await grid.getAttribute('aria-rowcount')).toBe('3');
}

test('three spans of mini-redis, from the search to the trace', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(server.url);
  await page.waitForURL('**/search');
  const find = page.getByRole('button', { name: 'Find Traces' });
  expect(await find.isDisabled()).toBe(true);
  await page.getByRole('combobox', { name: 'Service' }).click();
  await page.getByRole('option', { name: 'mini-redis', exact: true }).click();
  await find.click();

  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
  const results = page.getByTestId('result');
  expect(await results.count()).toBe(1);
  const said = await results.first().innerText();
  for (const text of ['mini-redis: run', '3 Spans', 'Depth 2']) expect(said).toContain(text);
  const { searchParams } = new URL(page.url());
  expect(searchParams.get('service')).toBe('mini-redis');
  expect(searchParams.get('limit')).toBe('20');
  expect(searchParams.get('lookback')).toBe('1h');
  expect(Number(searchParams.get('end')) - Number(searchParams.get('start'))).toBe(3_600_000_000);

  await page.getByRole('link', { name: 'mini-redis: run', exact: true }).click();
  await page.waitForURL('**/trace/*');
  await expectTheTrace(page);
  await page.getByRole('combobox', { name: 'Find in names, attributes and ids' }).fill('apply');
  await page.getByText('1 of 2').waitFor();

  await page.goBack();
  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

test('the same by keys alone', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}/search`);
  const service = page.getByRole('combobox', { name: 'Service' });
  await service.waitFor();
  await page.keyboard.press('/');
  await expect.poll(() => service.evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type('redis');
  await page.getByRole('option', { name: 'mini-redis', exact: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  const link = page.getByRole('link', { name: 'mini-redis: run', exact: true });
  await link.waitFor();
  await tabTo(page, 'a.name');
  await page.keyboard.press('Enter');
  await expectTheTrace(page);

  await tabTo(page, '[role=treegrid]');
  await page.keyboard.press('ArrowDown');
  await expectActive(page, 'run', 'row 1 of 3');
  await page.keyboard.press('ArrowRight');
  await expectActive(page, 'apply', 'row 2 of 3');
  await page.getByRole('tab', { name: /Attributes/ }).waitFor();
  await page.keyboard.press('ArrowLeft');
  await expectActive(page, 'run', 'row 1 of 3');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => page.getByTestId('timeline').getAttribute('data-visible')).toBe('1');
  await page.keyboard.press('Shift+O');
  await expect.poll(() => page.getByTestId('timeline').getAttribute('data-visible')).toBe('3');
  await page.keyboard.press('End');
  await expectActive(page, 'apply', 'row 3 of 3');

  const scale = async () => Number(await page.getByTestId('timeline').getAttribute('data-ns-per-px'));
  const fitted = await scale();
  await page.keyboard.press('w');
  await expect.poll(scale).toBeLessThan(fitted);
  await page.keyboard.press('0');
  await expect.poll(scale).toBe(fitted);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('tab').count()).toBe(0);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL('**/search');
  expect(complaints).toEqual([]);
});

test('a reload shows the same view', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}&uiTheme=kept`);
  await page.getByRole('link', { name: 'mini-redis: run', exact: true }).click();
  await page.getByRole('treegrid').focus();
  await page.getByRole('row').nth(2).waitFor();
  await page.keyboard.press('End');
  await expectActive(page, 'apply', 'row 3 of 3');
  await page.keyboard.press('f');
  await page.waitForURL(/ts=.*sel=[0-9a-f]{16}|sel=[0-9a-f]{16}.*ts=/);
  const view = async () => {
    await expectActive(page, 'apply', 'row 3 of 3');
    const timeline = page.getByTestId('timeline');
    return [Number(await timeline.getAttribute('data-t0')), Number(await timeline.getAttribute('data-ns-per-px'))];
  };
  const before = await view();
  await page.reload();
  await expect.poll(async () => Math.abs((await view())[0] - before[0])).toBeLessThan(before[1]);
});

test('a dragged zoom is a step back', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.getByRole('link', { name: 'mini-redis: run', exact: true }).click();
  await page.getByRole('row').nth(2).waitFor();
  const timeline = page.getByTestId('timeline');
  const start = async () => Number(await timeline.getAttribute('data-t0'));
  const box = await page.getByTestId('minimap').boundingBox();
  if (!box) throw new Error('the minimap has no place');
  await page.mouse.move(box.x + box.width * 0.4, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await expect.poll(start).toBeGreaterThan(0);
  await page.goBack();
  await expect.poll(start).toBe(0);
  await page.goForward();
  await expect.poll(start).toBeGreaterThan(0);
  await page.getByRole('link', { name: 'Back to Search' }).click();
  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
});

test('a pasted id, in capitals, opens its trace', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  const id = await page.getByTestId('result').getAttribute('data-trace');
  await page.getByTestId('idInput').fill(` ${id?.toUpperCase()} `);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/trace/${id}`);
  await expectTheTrace(page);
});

async function expectActive(page: Page, name: string, place: string): Promise<void> {
  const status = page.getByTestId('status');
  await expect.poll(() => status.innerText()).toContain(place);
  expect(await status.innerText()).toContain(`${name}, mini-redis`);
  const grid = page.getByRole('treegrid');
  await expect.poll(() => grid.getAttribute('aria-activedescendant')).toMatch(/^row-\d+$/);
}

/** Presses Tab until the focus is on what matches, as a user does. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${selector}`);
}
