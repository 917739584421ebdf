import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core';
import { expect } from 'vitest';
import { open } from './browser.ts';
import { decode } from './png.ts';
import type { Server } from './server.ts';

export interface TraceOnScreen {
  page: Page;
  complaints: string[];
  /** Waits until every question that the page asked is answered, but the one that stays open. */
  answered(): Promise<void>;
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
  const waiting = new Set<Request>();
  page.on('request', (request) => {
    if (!new URL(request.url()).pathname.endsWith('/watch')) waiting.add(request);
  });
  const done = (request: Request) => waiting.delete(request);
  page.on('requestfinished', done).on('requestfailed', done);
  const answered = () => expect.poll(() => [...waiting].map((request) => request.url())).toEqual([]);
  const asked = new URLSearchParams(query).toString();
  await page.goto(`${server.url}/trace/${id}${asked && `?${asked}`}`);
  await settled(page);
  return { page, complaints, answered };
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

/** The columns of pixels of the bars in which a colour of the theme is seen, from their left edge. */
export async function columnsOf(page: Page, token: string): Promise<number[]> {
  const colour = await page.evaluate((name) => {
    const probe = document.createElement('span');
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const rgb = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
    probe.remove();
    return rgb;
  }, token);
  const { width, rgb } = decode(await page.getByTestId('timeline').locator('canvas').first().screenshot());
  const found = new Set<number>();
  for (let i = 0; i < rgb.length; i += 3) if (colour.every((channel, c) => rgb[i + c] === channel)) found.add((i / 3) % width);
  return [...found].sort((a, b) => a - b);
}
