import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { NOW, type Server, smallId, start } from './server.ts';

/** A link as Jaeger's page writes it or once wrote it, and what Jaeger selects when it is opened. */
interface Link {
  link: string;
  /** Values of the form's fields, by their id. */
  form?: Record<string, string>;
  /** Traces listed. */
  results?: number;
  /** The address of the first one listed. */
  opens?: string;
  rows?: number;
  /** Rows that a filter leaves. */
  shown?: string;
  hits?: number;
  /** The operation of the selected span. */
  selected?: string;
  /** What must not be on the page. */
  absent?: string[];
  theme?: string;
  heading?: string;
  address?: string;
}

const LINKS = JSON.parse(readFileSync(join(import.meta.dirname, 'jaeger-links.json'), 'utf8')) as Link[];
const SMALL = 9;

let server: Server;
let browser: Browser;
let words: Record<string, string>;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: true, large: 0, small: 30 }), launch()]);
  const { data } = (await (await fetch(`${server.url}/api/traces?service=mini-redis&start=1&end=${NOW}000`)).json()) as {
    data: { traceID: string; spans: { spanID: string; operationName: string }[] }[];
  };
  const [{ traceID, spans }] = data;
  const { names, rows } = await smallTrace(smallId(SMALL));
  words = {
    ...{ TRACE: traceID, CAPITALS: traceID.toUpperCase(), SMALL: smallId(SMALL) },
    BASE64: encodeURIComponent(Buffer.from(traceID, 'hex').toString('base64')),
    APPLY: spans.find(({ operationName }) => operationName === 'apply')?.spanID ?? '',
    ...{ START: `${NOW - 3_600_000}000`, END: `${NOW}000` },
    // The first two of its services, by name.
    FILTER: `${checksum(names)}.3`,
    SHOWN: String(rows),
  };
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** The names of a trace's services, sorted, and how many of its spans are of the first two. */
async function smallTrace(id: string): Promise<{ names: string[]; rows: number }> {
  const { data } = (await (await fetch(`${server.url}/api/traces/${id}`)).json()) as {
    data: { spans: { processID: string }[]; processes: Record<string, { serviceName: string }> }[];
  };
  const [{ spans, processes }] = data;
  const names = [...new Set(Object.values(processes).map(({ serviceName }) => serviceName))].sort();
  const rows = spans.filter(({ processID }) => names.slice(0, 2).includes(processes[processID].serviceName)).length;
  return { names, rows };
}

/** As Jaeger sums the names up (its `svcFilter`). */
function checksum(names: readonly string[]): string {
  let h = 0x811c;
  for (const char of names.join('\0')) h = Math.imul(h ^ char.charCodeAt(0), 0x0101) & 0xffff;
  return h.toString(16).padStart(4, '0');
}

const said = (text: string) => text.replace(/\{([A-Z0-9]+)\}/g, (_, word: string) => words[word]);

const ABSENT: Record<string, (page: Page) => Promise<number>> = {
  banner: (page) => page.getByRole('navigation', { name: 'Pages' }).count(),
  scatter: (page) => page.getByTestId('scatter').count(),
  minimap: (page) => page.getByTestId('minimap').count(),
  totals: (page) => page.locator('dl.totals').count(),
};

test('there are thirty at least', () => {
  expect(LINKS.length).toBeGreaterThanOrEqual(30);
});

test.each(LINKS)('$link', async (expected) => {
  const { page } = await open(browser);
  await page.goto(server.url + said(expected.link));
  if (expected.heading) await page.getByRole('heading', { name: expected.heading }).waitFor();
  if (expected.results) await expect.poll(() => page.getByTestId('result').count()).toBe(expected.results);
  for (const [id, value] of Object.entries(expected.form ?? {})) {
    await expect.poll(() => page.locator(`#${id}`).inputValue(), { message: `field ${id}` }).toBe(value);
  }
  if (expected.opens) {
    const { pathname, search } = new URL(await page.locator('a.name').first().evaluate((link) => (link as HTMLAnchorElement).href));
    expect(pathname + search).toBe(said(expected.opens));
  }
  const timeline = page.getByTestId('timeline');
  if (expected.rows) await expect.poll(() => timeline.getAttribute('data-rows')).toBe(String(expected.rows));
  if (expected.shown) await expect.poll(() => timeline.getAttribute('data-visible')).toBe(said(expected.shown));
  if (expected.hits) await page.getByText(`of ${expected.hits}`).first().waitFor();
  if (expected.selected) {
    await expect.poll(() => page.getByTestId('status').innerText()).toContain(`${expected.selected}, mini-redis`);
    await page.getByRole('region', { name: 'Span details' }).waitFor();
  }
  for (const what of expected.absent ?? []) expect(await ABSENT[what](page), what).toBe(0);
  if (expected.theme) expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe(expected.theme);
  if (expected.address) await page.waitForURL(`**${said(expected.address)}`);
  expect(await page.locator('.banner.error').count()).toBe(0);
  await page.context().close();
});
