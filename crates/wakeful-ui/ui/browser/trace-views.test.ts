import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser.ts';
import { type Server, start } from './server.ts';
import { CHECKOUT, checkout, send, spanIdAt } from './trace-data.ts';
import { openTrace, parameter, totals } from './trace-page.ts';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
  await send(server, CHECKOUT, checkout());
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test('the views, by their digits, each with its heading and the same totals', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT);
  const all = { Services: '6', Depth: '4', 'Total Spans': '29', Errors: '1', Lost: '0' };
  expect(await totals(page)).toMatchObject(all);
  const views = [
    ['2', 'graph', 'Trace Graph', '6 paths'],
    ['3', 'statistics', 'Trace Statistics', '6 groups of 29 spans'],
    ['4', 'table', 'Trace Spans Table', '29 of 29 spans'],
    ['5', 'flame', 'Trace Flamegraph', 'of self time'],
    ['6', 'logs', 'Trace Logs', '2 events'],
  ];
  for (const [key, name, heading, said] of views) {
    await page.keyboard.press(key);
    await page.getByRole('heading', { name: heading }).waitFor();
    await page.getByText(said).first().waitFor();
    expect(parameter(page, 'view')).toBe(name);
    expect(await totals(page)).toMatchObject(all);
  }
  await page.keyboard.press('1');
  await page.getByRole('treegrid', { name: 'Spans' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Trace Logs' }).waitFor();
  expect(complaints).toEqual([]);
});

test('the menu leads to the views too', async () => {
  const { page } = await openTrace(browser, server, CHECKOUT);
  await page.getByRole('button', { name: 'Trace Timeline' }).click();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Trace Statistics' }).waitFor();
});

test('statistics: groups by an attribute, sorted, found, and as CSV', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { view: 'statistics' });
  const table = page.getByRole('region', { name: 'Statistics' });
  const heads = async () => table.locator('tr.group th').allInnerTexts();
  await expect.poll(heads).toHaveLength(6);
  expect((await table.locator('tr.group', { hasText: 'redis' }).locator('td').allInnerTexts()).slice(0, 3)).toEqual(['24', '4.80 ms', '200 µs']);
  await page.getByLabel('Group by').selectOption('attribute:http.method');
  await expect.poll(heads).toEqual(expect.arrayContaining(['POST', 'GET', 'without http.method']));
  await table.getByRole('button', { name: 'Count' }).click();
  await expect.poll(heads).toEqual(['without http.method', 'POST', 'GET']);
  await expect.poll(() => parameter(page, 'sort')).toBe('-count');
  await page.reload();
  await expect.poll(heads).toEqual(['without http.method', 'POST', 'GET']);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
  expect(file.suggestedFilename()).toContain(CHECKOUT);
  await table.getByRole('button', { name: 'GET', exact: true }).click();
  await expect.poll(() => parameter(page, 'uiFind')).toBe('"GET"');
  expect(complaints).toEqual([]);
});

test('table: filtered, sorted, selected', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { view: 'table' });
  const grid = page.getByRole('grid', { name: 'Spans of the trace' });
  await page.getByLabel('Service Name').fill('redis');
  await page.getByText('24 of 29 spans').waitFor();
  await page.getByLabel('Service Name').fill('');
  await page.getByLabel('Min Duration').fill('20ms');
  await page.getByText('3 of 29 spans').waitFor();
  await grid.getByRole('button', { name: 'Duration' }).click();
  const names = async () => grid.locator('.vrow [role=gridcell]:nth-child(3)').allInnerTexts();
  await expect.poll(names).toEqual(['charge card', 'place order', 'POST /checkout']);
  await grid.focus();
  await page.keyboard.press('i');
  await expect.poll(names).toEqual(['POST /checkout', 'place order', 'charge card']);
  const ids = async () => grid.locator('.vrow [role=gridcell]:first-child').allInnerTexts();
  await expect.poll(ids).toEqual([spanIdAt(0), spanIdAt(2), spanIdAt(4)]);
  await page.keyboard.press('End');
  await page.getByRole('region', { name: 'Span details' }).getByText('error: deadline exceeded').waitFor();
  await grid.getByText('place order').click({ modifiers: ['Control'] });
  await grid.getByText('POST /checkout').click({ modifiers: ['Control'] });
  await page.getByText('2 selected, 93.0 ms in all').waitFor();
  expect(complaints).toEqual([]);
});

test('flame graph: walked, focused, dropped and undone by keys; the address has it all', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { view: 'flame' });
  const tree = page.getByRole('tree', { name: 'Flame graph' });
  const boxes = () => tree.getByRole('treeitem').count();
  await expect.poll(boxes).toBe(6);
  await tree.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => tree.locator('[aria-selected=true]').getAttribute('aria-label')).toContain('place order, checkout');
  await page.keyboard.press('f');
  await expect.poll(boxes).toBe(4);
  await expect.poll(() => parameter(page, 't')).toMatch(/^focus:\d+$/);
  await page.reload();
  await expect.poll(boxes).toBe(4);
  await tree.focus();
  await page.keyboard.press('Backspace');
  await expect.poll(boxes).toBe(6);
  expect(complaints).toEqual([]);
});

test('logs: by time, and a row leads to its span', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { view: 'logs' });
  const grid = page.getByRole('grid', { name: 'Events of the trace' });
  const rows = grid.locator('.vrow > [role=row]');
  await expect.poll(() => rows.count()).toBe(2);
  expect(await rows.nth(0).innerText()).toContain('request received');
  await expect.poll(() => rows.nth(1).innerText()).toMatch(/payment[\s\S]*charge card[\s\S]*ERROR[\s\S]*exception[\s\S]*exception\.type=DeadlineExceeded/);
  await rows.nth(1).click();
  await page.getByRole('region', { name: 'Span details' }).getByText('charge card').waitFor();
  expect(complaints).toEqual([]);
});

test.each([
  ['flame', '.flame .box.hit', 'title'],
  ['graph', '.graph .node.hit', 'aria-label'],
])('%s: what find has is marked, TraceQL too, and no longer once it is cleared', async (view, marked, said) => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { view, uiFind: '{ resource.service.name = "redis" && name = "HGET" }' });
  const texts = () => page.locator(marked).evaluateAll((hits, name) => hits.map((hit) => hit.getAttribute(name) ?? ''), said);
  await expect.poll(texts).toEqual([expect.stringMatching(/^HGET.* 24 found$/)]);
  await page.getByRole('combobox', { name: /^Find/ }).fill('http.method');
  await expect.poll(texts).not.toEqual([]);
  expect((await texts()).filter((text) => text.startsWith('HGET'))).toEqual([]);
  await page.getByRole('button', { name: 'Clear find' }).click();
  await expect.poll(texts).toEqual([]);
  expect(complaints).toEqual([]);
});

test('graph: drawn, listed, and a node leads to its first span', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { view: 'graph' });
  const node = page.getByRole('button', { name: /^HGET ×24 .*, redis$/ });
  await node.waitFor();
  await node.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Span details' }).getByText('HGET').waitFor();
  await page.getByRole('button', { name: 'List' }).click();
  await page.getByRole('region', { name: 'Merged spans, listed' }).getByRole('row').nth(6).waitFor();
  expect(complaints).toEqual([]);
});
