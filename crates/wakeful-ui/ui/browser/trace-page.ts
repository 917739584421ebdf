import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { open } from './browser.ts';
import type { Server } from './server.ts';

export interface TraceOnScreen {
  page: Page;
  complaints: string[];
}

/** Opens a trace and waits until all of it is there. */
export async function openTrace(
  browser: Browser,
  server: Server,
  id: string,
  query: Record<string, string> = {},
  options: BrowserContextOptions = {},
): Promise<TraceOnScreen> {
  const { page, complaints } = await open(browser, options);
  await page.goto(`${server.url}/trace/${id}?${new URLSearchParams(query)}`);
  await settled(page);
  return { page, complaints };
}

/** All rows are here, and on screen if the timeline is. */
export async function settled(page: Page): Promise<void> {
  await page.locator('article.trace[data-state=complete]').waitFor();
  const timeline = (await page.locator('article.trace[data-view=timeline]').count()) > 0;
  if (timeline) await page.getByRole('treegrid').getByRole('row').first().waitFor();
}

/** The terms of the totals, as they are read. */
export async function totals(page: Page): Promise<Record<string, string>> {
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

/** One parameter of the address. */
export function parameter(page: Page, name: string): string | null {
  return new URL(page.url()).searchParams.get(name);
}
