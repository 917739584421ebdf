import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { violations } from './axe.ts';
import { launch, open } from './browser.ts';
import { type Server, searchFor, start } from './server.ts';

const SEARCH = searchFor('__all_services__');

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: true, large: 0 }), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const DOCUMENTS: Record<string, string> = { settings: 'Settings', about: 'Limits', loss: 'Loss' };

/** Goes to a page as a reader sees it: `search` with results, `trace` with a span's details, `help`, or nothing searched. */
async function visit(page: Page, what: string): Promise<void> {
  if (DOCUMENTS[what]) {
    await page.goto(`${server.url}/${what}`);
    await page.getByRole('heading', { name: DOCUMENTS[what] }).waitFor();
    return;
  }
  const list = what === 'table' ? '&list=table' : '';
  await page.goto(`${server.url}${what === 'start' ? '/search' : SEARCH + list}`);
  if (what === 'start') {
    await page.getByRole('heading', { name: 'No search yet' }).waitFor();
    return;
  }
  const link = page.getByRole('link', { name: 'mini-redis: run', exact: true });
  await link.waitFor();
  await page.locator('[data-testid=scatter][data-state=complete]').waitFor();
  if (what === 'help' || what === 'palette') {
    await page.keyboard.press(what === 'help' ? '?' : 'Control+k');
    await page.getByRole('dialog').waitFor();
  }
  if (what !== 'trace') return;
  await link.click();
  await page.getByRole('row').nth(1).click();
  await page.getByRole('tab', { name: /Attributes/ }).waitFor();
}

const PAGES = ['start', 'search', 'table', 'trace', 'help', 'palette', 'settings', 'about', 'loss'];
const SIZES = { narrow: { width: 375, height: 812 }, desk: { width: 1280, height: 720 } };
const SCHEMES = ['light', 'dark'] as const;

const all = [
  ...PAGES.flatMap((what) =>
    SCHEMES.flatMap((colorScheme) => Object.entries(SIZES).map(([size, viewport]) => ({ what, colorScheme, size, viewport }))),
  ),
  ...PAGES.map((what) => ({ what, colorScheme: 'light' as const, size: 'forced colours', viewport: SIZES.desk, forcedColors: 'active' as const })),
];

/** By how much the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

test.each(all)("$what, $colorScheme, $size: nothing is in a reader's way, or wider than the window", async ({ what, ...options }) => {
  const { page, complaints } = await open(browser, options);
  await visit(page, what);
  expect(await violations(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%';
  });
  await expect.poll(() => overflow(page), { message: 'with text of twice the size' }).toBe(0);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test.each(PAGES)('%s does not scroll sideways at any width', async (what) => {
  const { page } = await open(browser);
  await visit(page, what);
  for (const width of [375, 700, 900, 1280, 1920]) {
    await page.setViewportSize({ width, height: 812 });
    await expect.poll(() => overflow(page), { message: `${width} px` }).toBe(0);
  }
  await page.context().close();
});

test('nothing moves by itself where motion is unwanted', async () => {
  const { page } = await open(browser, { reducedMotion: 'reduce' });
  for (const what of ['search', 'palette', 'trace']) {
    await visit(page, what);
    expect(await page.evaluate(() => document.getAnimations().length), what).toBe(0);
  }
});

test('a chosen theme holds, before the first paint too', async () => {
  const { page } = await open(browser, { colorScheme: 'light' });
  await page.goto(`${server.url}/search`);
  await page.getByRole('button', { name: /^Theme/ }).click();
  await page.getByRole('button', { name: /^Theme/ }).click();
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(await background()).toBe('rgb(18, 21, 27)');
  await page.reload({ waitUntil: 'commit' });
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  expect(await background()).toBe('rgb(18, 21, 27)');
});
