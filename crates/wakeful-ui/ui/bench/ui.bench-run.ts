import { expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from '../browser/browser.ts';
import { type Figure, p95, table, within } from './figures.ts';
import { install } from './in-page.ts';
import { residentMegabytes, tabMegabytes } from './memory.ts';

/** The server, its process, and the traces as `spans:id`, separated by commas. */
const { WAKEFUL_URL = '', WAKEFUL_PID = '', WAKEFUL_TRACES = '' } = process.env;

const WHEELS = 200;
const HOVERS = 60;
const FIRST_PICTURE_MS: Record<number, number> = { 1_421: 500, 100_000: 1_000, 1_000_000: 2_000 };

async function mark(page: Page, name: string): Promise<number> {
  await page.waitForFunction((wanted) => performance.getEntriesByName(wanted).length > 0, name, { timeout: 120_000 });
  return page.evaluate((wanted) => performance.getEntriesByName(wanted)[0].startTime, name);
}

async function redraws(page: Page, layout: 'tree' | 'packed'): Promise<Figure[]> {
  await page.getByRole('button', { name: layout === 'tree' ? 'Tree' : 'Packed', exact: true }).click();
  const timeline = page.getByTestId('timeline');
  await expect.poll(() => timeline.getAttribute('data-layout')).toBe(layout);
  if (layout === 'tree') await page.evaluate(() => window.bench.key('O')).catch(() => undefined);
  const figures: Figure[] = [];
  for (const how of ['zoom', 'pan'] as const) {
    // Lanes are summed up between redraws: a user who looks before he turns the wheel gives the time for it too.
    await page.waitForTimeout(1_000);
    if (how === 'pan') await page.evaluate(() => window.bench.wheel(5, 'zoom'));
    const { shown, gaps } = await page.evaluate(([times, what]) => window.bench.wheel(times, what), [WHEELS, how] as const);
    const drawn = Number(await timeline.getAttribute('data-redraw-p95'));
    figures.push({ name: `redraw p95, ${WHEELS} ${how}s, ${layout}`, value: drawn, unit: 'ms', budget: 20 });
    figures.push({ name: `main-thread gap p95, ${how}s, ${layout}`, value: p95(gaps), unit: 'ms', budget: 20 });
    figures.push({ name: `wheel to picture p95, ${how}s, ${layout}`, value: p95(shown), unit: 'ms' });
    await page.keyboard.press('0');
  }
  return figures;
}

/** The other views, each opened for the first time. */
async function views(page: Page): Promise<Figure[]> {
  const names = { 2: 'graph', 3: 'statistics', 4: 'span table', 5: 'flame graph', 6: 'logs' };
  const figures: Figure[] = [];
  for (const [digit, name] of Object.entries(names)) {
    const value = await page.evaluate((key) => window.bench.view(key), digit);
    figures.push({ name: `${name} opened`, value, unit: 'ms' });
  }
  await page.evaluate(() => window.bench.view('1'));
  return figures;
}

async function measure(browser: Browser, spans: number, id: string): Promise<Figure[]> {
  const before = WAKEFUL_PID ? residentMegabytes(Number(WAKEFUL_PID)) : Number.NaN;
  const { page } = await open(browser, { measured: true, viewport: { width: 1920, height: 1000 } });
  await page.goto(`${WAKEFUL_URL}/trace/${id}?det=0`);
  const first = await mark(page, 'wakeful:first-picture');
  const complete = await mark(page, 'wakeful:complete');
  const server = WAKEFUL_PID ? residentMegabytes(Number(WAKEFUL_PID)) - before : Number.NaN;
  await page.evaluate(install);
  const figures: Figure[] = [
    { name: 'first picture', value: first, unit: 'ms', budget: FIRST_PICTURE_MS[spans] },
    { name: 'all rows', value: complete, unit: 'ms' },
  ];
  if (!Number.isNaN(server)) figures.push({ name: 'server memory, grown', value: server, unit: 'MB', budget: 300 });
  figures.push(...(await redraws(page, 'tree')));
  const folds: number[] = [];
  for (let i = 0; i < 10; i++) folds.push(await page.evaluate((key) => window.bench.key(key), i % 2 === 0 ? 'P' : 'O'));
  figures.push({ name: 'fold or unfold all, slowest of 10', value: Math.max(...folds), unit: 'ms', budget: 100 });
  figures.push(...(await redraws(page, 'packed')));
  const hovers = await page.evaluate((times) => window.bench.hover(times), HOVERS);
  expect(hovers.length).toBeGreaterThan(HOVERS / 10);
  figures.push({ name: 'pointer to tooltip p95, packed', value: p95(hovers), unit: 'ms', budget: 33 });
  await page.getByRole('button', { name: 'Tree', exact: true }).click();
  const finds: { names: number; all: number }[] = [];
  for (const text of ['a', 'e', 's', 'r']) finds.push(await page.evaluate((typed) => window.bench.find(typed), text));
  figures.push({ name: 'find in names, slowest of 4', value: Math.max(...finds.map(({ names }) => names)), unit: 'ms', budget: 100 });
  figures.push({ name: 'find in attributes too, slowest of 4', value: Math.max(...finds.map(({ all }) => all)), unit: 'ms', budget: 500 });
  figures.push({ name: 'memory of the tab', value: await tabMegabytes(browser), unit: 'MB', budget: 300 });
  figures.push(...(await views(page)));
  figures.push({ name: 'memory of the tab, views opened', value: await tabMegabytes(browser), unit: 'MB' });
  await page.context().close();
  return figures;
}

test('the trace page keeps its budgets', async () => {
  if (!WAKEFUL_URL || !WAKEFUL_TRACES) throw new Error('no server is named; run `cargo xtask bench ui`');
  const columns: { spans: number; figures: Figure[] }[] = [];
  for (const trace of WAKEFUL_TRACES.split(',')) {
    const [spans, id] = trace.split(':');
    // A browser of its own for each: what one leaves behind is no other's memory.
    const browser = await launch();
    try {
      columns.push({ spans: Number(spans), figures: await measure(browser, Number(spans), id) });
    } finally {
      await browser.close();
    }
  }
  console.log(`\n${table(columns)}\n`);
  const over = columns.flatMap(({ spans, figures }) =>
    figures
      .filter((figure) => !within(figure))
      .map(({ name, value, unit, budget }) => `${name} at ${spans} spans: ${value.toFixed(1)} ${unit}, budget ${budget}`),
  );
  console.log(over.length === 0 ? 'every budget is kept' : `over their budget: ${over.length}`);
  // A budget that is passed fails the run, and with it `cargo xtask bench ui`.
  expect(over).toEqual([]);
});
