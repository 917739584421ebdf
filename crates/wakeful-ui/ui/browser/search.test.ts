import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { type Server, searchFor, start } from './server.ts';

const SMALL = 30;
const ALL = searchFor('__all_services__');

let server: Server;
let fresh: Server;
let browser: Browser;

beforeAll(async () => {
  [server, fresh, browser] = await Promise.all([
    start({ miniRedis: true, large: 0, small: SMALL }),
    start({ miniRedis: false, large: 0 }),
    launch(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), fresh?.stop()]);
});

async function listed(page: Page): Promise<string[]> {
  await page.getByTestId('result').first().waitFor();
  await expect.poll(() => page.locator('.results').getAttribute('aria-busy')).toBe('false');
  return page.getByTestId('result').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.trace ?? ''));
}

async function plotted(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
  await page.locator('[data-testid=scatter][data-state=complete]').waitFor();
  const box = await page.getByTestId('scatter').boundingBox();
  if (!box) throw new Error('the plot has no place');
  return box;
}

test('a dragged box narrows the list, and a reload shows the same', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}${ALL}`);
  const before = await listed(page);
  const box = await plotted(page);
  await page.mouse.move(box.x + box.width * 0.55, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 110, { steps: 4 });
  await page.mouse.up();
  const marked = page.locator('.marked');
  const count = Number(/^([\d,]+) trace/.exec(await marked.innerText())?.[1]);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(before.length);
  await page.getByRole('button', { name: 'Narrow search' }).click();
  await page.waitForURL(/box=\d+%2C\d+%2C\d+%2C\d+/);
  await page.getByText('Narrowed to').waitFor();
  await expect.poll(() => listed(page).then((ids) => ids.length)).toBe(count);
  const narrowed = await listed(page);
  await page.reload();
  expect(await listed(page)).toEqual(narrowed);
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect.poll(() => listed(page).then((ids) => ids.length)).toBe(before.length);
  expect(complaints).toEqual([]);
});

test('tags, duration and a custom range are in the address and in TraceQL, and a reload keeps them', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}${searchFor('cart')}`);
  await listed(page);
  await page.getByRole('combobox', { name: 'Attributes (tags)' }).fill('http.method=GET http.status_code=200');
  await page.getByRole('textbox', { name: 'Min Duration' }).fill('1ms');
  await page.getByRole('combobox', { name: 'Lookback' }).selectOption('custom');
  await page.getByLabel('Start Time (CET)').fill('08:30:00');
  await page.getByRole('button', { name: 'Find Traces' }).click();
  await page.waitForURL(/lookback=custom/);
  const ids = await listed(page);
  expect(ids.length).toBeGreaterThan(0);
  const { searchParams } = new URL(page.url());
  expect(searchParams.get('tags')).toBe('{"http.method":"GET","http.status_code":"200"}');
  expect(searchParams.get('minDuration')).toBe('1ms');
  expect(searchParams.get('start')).toBe(`${Date.UTC(2026, 10, 21, 7, 30)}000`);
  const query = '{ resource.service.name = "cart" && .http.method = "GET" && .http.status_code = 200 && duration >= 1ms }';
  expect(await page.locator('.traceql code').innerText()).toBe(query);
  await page.reload();
  expect(await listed(page)).toEqual(ids);
  expect(await page.locator('.traceql code').innerText()).toBe(query);
  expect(complaints).toEqual([]);
});

test('the form says a search in the words of the server, and asked that way it finds the same', async () => {
  const { page } = await open(browser);
  const asked = `${searchFor('cart')}&tags=http.method%3DGET%20a.b%3D%22x%20y%22&minDuration=1500us&maxDuration=2s&operation=lock`;
  const answer = await (await fetch(`${server.url}/api/ui${asked}`)).text();
  const end = JSON.parse(answer.trimEnd().split('\n').at(-1) ?? '') as { query: string };
  await page.goto(server.url + asked);
  await page.getByRole('button', { name: 'Edit' }).waitFor();
  expect(await page.locator('.traceql code').innerText()).toBe(end.query);

  await page.goto(`${server.url}${searchFor('cart')}`);
  const ids = await listed(page);
  await page.getByRole('button', { name: 'Edit' }).click();
  expect(await page.getByRole('combobox', { name: 'Service' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Find Traces' }).click();
  await page.waitForURL(/[?&]q=/);
  expect(await listed(page)).toEqual(ids);
  expect(new URL(page.url()).searchParams.has('service')).toBe(false);
});

test('a wrong query has a caret under the place', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}/search?q=${encodeURIComponent('{ name = }')}&lookback=1h`);
  await page.getByText('The query cannot be read').waitFor();
  const [line, caret] = (await page.locator('pre.caret').innerText()).split('\n');
  expect(line).toContain('{ name = }');
  expect(caret.indexOf('^')).toBe(line.indexOf('}'));
  await page.getByRole('combobox', { name: 'TraceQL' }).fill('{ name = "run" }');
  await page.getByRole('button', { name: 'Find Traces' }).click();
  await expect.poll(() => page.locator('pre.caret').count()).toBe(0);
});

test('keys and values of attributes are completed', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}${searchFor('cart')}`);
  await listed(page);
  const tags = page.getByRole('combobox', { name: 'Attributes (tags)' });
  await tags.pressSequentially('http.m');
  await page.getByRole('option', { name: 'http.method=' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: 'GET', exact: true }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await tags.inputValue()).toBe('http.method=GET');
  expect(complaints).toEqual([]);
});

interface Listed {
  id: string;
  rootService: string;
  rootOperation: string;
  startUnixNanos: string;
  durationNanos: number;
  spans: number;
  errors: number;
}

/** What must not fall from one trace to the next; the names that end otherwise are the other way round. */
const ORDERS: Record<string, (trace: Listed) => number | string> = {
  oldest: ({ startUnixNanos }) => startUnixNanos,
  shortest: ({ durationNanos }) => durationNanos,
  'least-spans': ({ spans }) => spans,
  'least-errors': ({ errors }) => errors,
  name: ({ rootService, rootOperation }) => `${rootService}: ${rootOperation}`,
};
const INVERSES: Record<string, string> = {
  longest: 'shortest',
  'most-spans': 'least-spans',
  'most-errors': 'least-errors',
  'name-desc': 'name',
};

test("every order is the server's, over all pages", async () => {
  const { page, complaints } = await open(browser);
  const answer = await (await fetch(`${server.url}/api/ui${ALL}&limit=100`)).text();
  const traces = answer.trimEnd().split('\n').map((line) => JSON.parse(line) as Listed & { type: string });
  const all = traces.filter(({ type }) => type === 'trace');
  await page.goto(`${server.url}${ALL}&limit=10`);
  await listed(page);
  const select = page.getByRole('combobox', { name: 'Sort' });
  for (const sort of [...Object.keys(ORDERS), ...Object.keys(INVERSES)]) {
    await select.selectOption(sort);
    await page.waitForURL(new RegExp(`sort=${sort}(&|$)`));
    const label = await select.locator('option:checked').innerText();
    await expect.poll(() => page.getByTestId('status').innerText()).toContain(label.toLowerCase());
    const ids = await listed(page);
    const key = ORDERS[sort] ?? ORDERS[INVERSES[sort]];
    const keys = all.map(key).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    if (!ORDERS[sort]) keys.reverse();
    const shown = ids.map((id) => key(all.find((trace) => trace.id === id) as Listed));
    expect(shown, sort).toEqual(keys.slice(0, 10));
  }
  expect(complaints).toEqual([]);
});

test('more are loaded below, and nothing that is listed moves', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}${ALL}&limit=10`);
  const first = await listed(page);
  await page.getByRole('button', { name: 'Load 10 more' }).click();
  await expect.poll(() => page.getByTestId('result').count()).toBe(20);
  const second = await listed(page);
  expect(second.slice(0, 10)).toEqual(first);
  await page.getByRole('button', { name: 'Load 10 more' }).click();
  await page.getByRole('button', { name: 'Load 10 more' }).click();
  await expect.poll(() => page.getByTestId('result').count()).toBe(SMALL + 1);
  await expect.poll(() => page.getByRole('button', { name: /^Load/ }).count()).toBe(0);
  const all = await listed(page);
  expect(new Set(all).size).toBe(SMALL + 1);
  await page.waitForURL(/shown=31/);
  await page.reload();
  await expect.poll(() => page.getByTestId('result').count()).toBe(SMALL + 1);
  expect(await listed(page)).toEqual(all);
  expect(complaints).toEqual([]);
});

test('an empty search names the condition to drop', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}${searchFor('cart')}&minDuration=10h`);
  await page.getByRole('heading', { name: 'No trace results' }).waitFor();
  await page.getByRole('button', { name: /^Without Min Duration 10h \d+ traces? would match$/ }).click();
  expect((await listed(page)).length).toBeGreaterThan(0);
  expect(new URL(page.url()).searchParams.has('minDuration')).toBe(false);
  expect(complaints).toEqual([]);
});

test('the plot by keys: its dots, and its counts as a table', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}${ALL}`);
  await listed(page);
  await plotted(page);
  const plot = page.getByRole('listbox', { name: 'Listed traces' });
  await plot.focus();
  await page.keyboard.press('End');
  const last = await plot.getByRole('option').innerText();
  expect(last).toContain('span');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => plot.getByRole('option').innerText()).not.toBe(last);
  await page.getByRole('button', { name: 'Counts' }).click();
  const cell = page.getByRole('button', { name: /^Narrow search to/ }).first();
  const count = Number(await cell.locator('xpath=.').innerText().then((text) => /^\d+/.exec(text)?.[0]));
  await cell.click();
  await page.waitForURL(/box=/);
  await expect.poll(() => listed(page).then((ids) => ids.length)).toBe(count);
  expect(complaints).toEqual([]);
});

test('what is downloaded and uploaded again is the same trace', async () => {
  const { page, complaints } = await open(browser, { acceptDownloads: true });
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  const [id] = await listed(page);
  const download = async (name: string) => {
    await page.getByRole('button', { name: 'Download' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()]);
    return file.path();
  };
  const csv = await readFile(await download('CSV'), 'utf8');
  expect(csv.split('\r\n')[1]).toMatch(new RegExp(`^${id},mini-redis: run,2026-11-21T`));
  const json = await download('JSON');

  const other = await open(browser);
  await other.page.goto(`${fresh.url}/search`);
  await other.page.getByRole('tab', { name: 'Upload' }).click();
  await other.page.getByLabel('File to upload').setInputFiles(json);
  await other.page.waitForURL(`**/trace/${id}`);
  await other.page.getByText(/Jaeger JSON, 3 spans, 1 trace; kept/).waitFor();
  await expect.poll(() => other.page.getByRole('row').count()).toBe(3);
  const spans = async (url: string) => {
    const { data } = (await (await fetch(`${url}/api/traces/${id}`)).json()) as { data: { spans: { spanID: string; duration: number; tags: object[] }[] }[] };
    return data[0].spans.map(({ spanID, duration, tags }) => ({ spanID, duration, tags: tags.length })).sort((a, b) => (a.spanID < b.spanID ? -1 : 1));
  };
  expect(await spans(fresh.url)).toEqual(await spans(server.url));
  expect([...complaints, ...other.complaints]).toEqual([]);
});

test('a file that is none says what is wrong', async () => {
  const { page } = await open(browser);
  await page.goto(`${fresh.url}/search`);
  await page.getByRole('tab', { name: 'Upload' }).click();
  await page.getByLabel('File to upload').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"data": [') });
  await page.locator('[data-testid=upload][data-state=failed]').waitFor();
  expect(await page.getByTestId('upload').innerText()).toMatch(/status 400/);
});
