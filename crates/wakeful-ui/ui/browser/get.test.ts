import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, open } from './browser.ts';
import { builtBy, type Server, start, startService } from './server.ts';

/** `wakeful get`, a service that really runs, and the page: what was asked for under a name is found by that name. */
let server: Server;
let service: { url: string; stop(): Promise<void> };
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
  service = await startService(server);
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await server?.stop();
});

/** Asks the service as a user does at a terminal; the links that it prints. */
async function get(...headers: string[]): Promise<{ trace: string; search: string }> {
  const more = headers.flatMap((header) => ['--header', header]);
  const { stdout, stderr } = await promisify(execFile)(builtBy('WAKEFUL_BIN'), ['get', `${service.url}/query`, ...more, '--ui-url', server.url]);
  expect(stdout).toContain(' rows\n');
  const link = (kind: string) => stderr.split('\n').find((line) => line.startsWith(`${kind}: `))?.slice(kind.length + 2) ?? '';
  return { trace: link('trace'), search: link('search') };
}

const idOf = (link: string) => link.slice(link.lastIndexOf('/') + 1);

/** A request, its query, and the four operators of the plan. */
const SPANS = 6;

async function stored(link: string): Promise<number> {
  const answer = await fetch(`${server.url}/api/traces/${idOf(link)}`);
  const { data } = (await answer.json()) as { data: { spans: unknown[] }[] | null };
  return data?.[0]?.spans.length ?? 0;
}

/** The only trace that is listed. */
async function onlyOne(page: Page): Promise<string | undefined> {
  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
  const results = page.getByTestId('result');
  expect(await results.count()).toBe(1);
  return results.first().evaluate((row) => (row as HTMLElement).dataset.trace);
}

test('a debug id finds its trace, by the printed link and by the form', async () => {
  const needle = await get('jaeger-debug-id:needle');
  const other = await get('jaeger-debug-id:other');
  await get();
  for (const { trace } of [needle, other]) await expect.poll(() => stored(trace)).toBe(SPANS);

  // The page's own clock: these are requests of now.
  const { page, complaints } = await open(browser, { measured: true });
  await page.goto(needle.search);
  expect(await onlyOne(page)).toBe(idOf(needle.trace));
  expect(await page.getByRole('combobox', { name: 'Attributes (tags)' }).inputValue()).toBe('jaeger-debug-id=needle');
  await page.getByRole('link', { name: 'iox-conductor: IOx http', exact: true }).click();
  await page.waitForURL(needle.trace);
  const grid = page.getByRole('treegrid', { name: 'Spans' });
  await expect.poll(() => grid.getByRole('row').count()).toBe(SPANS);
  await grid.getByRole('row').first().click();
  const details = page.getByRole('region', { name: 'Span details' });
  await details.getByRole('row', { name: /^jaeger-debug-id needle/ }).waitFor();

  await page.goto(`${server.url}/search?service=iox-conductor&lookback=1h`);
  await page.getByRole('heading', { name: '2 traces', exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Attributes (tags)' }).fill('jaeger-debug-id=other');
  await page.getByRole('button', { name: 'Find Traces' }).click();
  expect(await onlyOne(page)).toBe(idOf(other.trace));
  expect(complaints).toEqual([]);
});
