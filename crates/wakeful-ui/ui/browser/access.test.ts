import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { type Server, searchFor, start } from './server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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

/** Goes to a page as a reader sees it: `search` with results, `trace` with a span's details, `help`, or nothing searched. */
async function visit(page: Page, what: string): Promise<void> {
  await page.goto(`${server.url}${what === 'start' ? '/search' : SEARCH}`);
  if (what === 'start') {
    await page.getByRole('heading', { name: 'No search yet' }).waitFor();
    return;
  }
  const link = page.getByRole('link', { name: 'mini-redis: run', exact: true });
  await link.waitFor();
  if (what === 'help') {
    await page.getByRole('button', { name: /Keys/ }).click();
    await page.getByRole('dialog').waitFor();
  }
  if (what !== 'trace') return;
  await link.click();
  await page.getByRole('row').nth(1).click();
  await page.getByRole('tab', { name: /Attributes/ }).waitFor();
}

const PAGES = ['start', 'search', 'trace', 'help'];
const SIZES = { narrow: { width: 375, height: 812 }, desk: { width: 1280, height: 720 } };
const SCHEMES = ['light', 'dark'] as const;

const all = PAGES.flatMap((what) =>
  SCHEMES.flatMap((colorScheme) =>
    Object.entries(SIZES).map(([size, viewport]) => ({ what, colorScheme, size, viewport })),
  ),
);

test.each(all)('$what, $colorScheme, $size: nothing is in a reader\'s way', async ({ what, ...options }) => {
  const { page, complaints } = await open(browser, options);
  await visit(page, what);
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      nodes: { html: string; failureSummary: string }[];
    }
    return (await axe.run()).violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
  });
  expect(violations).toEqual([]);
  expect(complaints).toEqual([]);
});

const widths = PAGES.flatMap((what) => [375, 700, 1280, 1920].map((width) => ({ what, width })));

test.each(widths)('$what at $width px does not scroll sideways', async ({ what, width }) => {
  const { page } = await open(browser, { viewport: { width, height: 812 } });
  await visit(page, what);
  const { scroll, client } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  expect(scroll).toBe(client);
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
