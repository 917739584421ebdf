import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { launch } from './browser.ts';
import { type Server, start } from './server.ts';
import { CHECKOUT, checkout, send } from './trace-data.ts';
import { openTrace } from './trace-page.ts';

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

const STATES: [string, Record<string, string>][] = [
  ['timeline with find and details', { uiFind: 'POST', sel: '0' }],
  ['packed', { lay: 'packed', cp: '1' }],
  ['raw', { raw: '1' }],
  ['graph', { view: 'graph' }],
  ['statistics', { view: 'statistics' }],
  ['table', { view: 'table', sel: '2' }],
  ['flame graph', { view: 'flame', t: 'focus:1' }],
  ['logs', { view: 'logs' }],
  ['a frame', { uiEmbed: 'v0' }],
];
const LOOKS: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { forcedColors: 'active' }],
  ['narrow', { viewport: { width: 375, height: 812 } }],
];

async function atRest(page: Page): Promise<void> {
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
}

test.each(STATES.flatMap(([state, query]) => LOOKS.map(([look, options]) => [state, look, query, options] as const)))(
  '%s, %s: nothing is in a reader\'s way',
  async (_, look, query, options) => {
    const { page, complaints } = await openTrace(browser, server, CHECKOUT, query, options);
    await atRest(page);
    expect(await violations(page)).toEqual([]);
    if (look === 'narrow') {
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wide).toBe(0);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  },
);

test('menus and the services are reached by keys, and give the focus back', async () => {
  const { page } = await openTrace(browser, server, CHECKOUT);
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  const actions = page.getByRole('button', { name: 'Actions' });
  await actions.focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(focused).toBe('Trace JSON');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('End');
  await expect.poll(focused).toContain('Show as sent');
  await page.keyboard.press('Escape');
  await expect.poll(focused).toBe('Actions');
  await page.getByRole('button', { name: 'Services' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('checkbox', { name: 'redis' }).focus();
  await page.keyboard.press('Space');
  await page.getByText('1 service hidden').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect.poll(focused).toContain('Services');
});

test('letters act wherever the focus is, but not in text', async () => {
  const { page } = await openTrace(browser, server, CHECKOUT);
  const parameter = (name: string) => new URL(page.url()).searchParams.get(name);
  await page.getByRole('button', { name: 'Actions' }).focus();
  await page.keyboard.press('v');
  await expect.poll(() => parameter('lay')).toBe('packed');
  await page.keyboard.press('c');
  await expect.poll(() => parameter('cp')).toBe('1');
  await page.keyboard.press('e');
  await page.getByRole('region', { name: 'Span details' }).getByText('deadline exceeded').first().waitFor();
  await page.keyboard.press('q');
  await expect.poll(() => page.getByRole('region', { name: 'Span details' }).count()).toBe(0);
  await page.keyboard.press('/');
  await page.keyboard.type('cve3');
  await expect.poll(() => parameter('uiFind')).toBe('cve3');
  expect(parameter('view')).toBeNull();
});
