import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { launch } from './browser.ts';
import { compare, decode } from './png.ts';
import { type Server, start } from './server.ts';
import { CHECKOUT, checkout, send, spanIdAt } from './trace-data.ts';
import { openTrace, parameter, settled } from './trace-page.ts';

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

function find(page: Page) {
  return page.getByRole('combobox', { name: /^Find/ });
}

test.each([
  ['a name', 'hget', 24],
  ['a service', 'payment', 1],
  ['a value', 'DeadlineExceeded', 1],
  ['key=value', 'http.method=POST', 3],
  ['a phrase', '"place order"', 1],
  ['any of several words', 'verify charge', 2],
  ['a span id', spanIdAt(4), 1],
  ['nothing', 'no-such-thing', 0],
  ['a key that is left out', 'r-7 -request.id', 0],
  ['TraceQL by service and name', '{ resource.service.name = "redis" && name = "HGET" }', 24],
  ['TraceQL by status and duration', '{ status = error && duration >= 22ms }', 1],
  ['TraceQL by an attribute', '{ .http.method = "POST" && .vip = true }', 1],
  ['TraceQL that no span meets', '{ .http.method = "POST" && duration < 1ms }', 0],
])('find %s: %s', async (_, query, count) => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT);
  await find(page).fill(query);
  const said = count === 0 ? 'no match' : `1 of ${count}`;
  await expect.poll(() => page.locator('#find-count').innerText()).toBe(said);
  expect(complaints).toEqual([]);
});

test('TraceQL that is not understood is said with its place, and mended it finds', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { sel: '1' });
  const said = () => page.locator('#find-count').innerText();
  await find(page).fill('{ span.vip = true }');
  await expect.poll(said).toBe('not understood');
  const problem = page.locator('#find-problem');
  expect(await problem.innerText()).toContain('write .vip in place of span.vip');
  expect(await problem.innerText()).toContain('column 3');
  expect(await find(page).getAttribute('aria-invalid')).toBe('true');
  expect(await violations(page)).toEqual([]);
  await find(page).fill('{ .vip = true }');
  await expect.poll(said).toBe('1 of 1');
  expect(await problem.count()).toBe(0);
  // The link finds the same, and nothing of the query's text is taken for words.
  await expect.poll(() => parameter(page, 'uiFind')).toBe('{ .vip = true }');
  await page.reload();
  await settled(page);
  await expect.poll(said).toBe('1 of 1');
  expect(await page.locator('mark').count()).toBe(0);
  // The browser says itself that an answer was 400.
  expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
});

test('TraceQL is completed, by the keys of the list', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT);
  const field = find(page);
  /** Types until the list has one entry, and takes it. */
  const completed = async (typed: string, name: string, text: string) => {
    await field.pressSequentially(typed);
    await expect.poll(() => page.getByRole('option').allInnerTexts()).toEqual([name]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => field.inputValue()).toBe(text);
  };
  await completed('{ sta', 'status', '{ status');
  await completed(' = err', 'error', '{ status = error');
  await completed(' && resource.service.name = pay', '"payment"', '{ status = error && resource.service.name = "payment"');
  await completed(' && .http.me', 'http.method', '{ status = error && resource.service.name = "payment" && .http.method');
  await field.fill('{ status = error }');
  await page.getByText(/^1 of \d+$/).waitFor();
  // Words are not completed: Enter is the first hit, then the next.
  await field.fill('redis');
  await page.getByText('1 of 24').waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByText('2 of 24').waitFor();
  // What is not written to its end is refused; the browser tells of that.
  expect(complaints.filter((complaint) => !complaint.includes('400 (Bad Request)'))).toEqual([]);
});

test('hits are walked by keys and fitted', async () => {
  const { page } = await openTrace(browser, server, CHECKOUT);
  await page.keyboard.press('/');
  await page.keyboard.type('http.method=POST');
  const said = () => page.locator('#find-count').innerText();
  await expect.poll(said).toBe('1 of 3');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect.poll(said).toBe('2 of 3');
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('n');
  await expect.poll(said).toBe('3 of 3');
  await find(page).fill('verify');
  await expect.poll(said).toBe('1 of 1');
  await page.getByRole('button', { name: 'Fit all matches' }).click();
  await expect.poll(async () => Number(await page.getByTestId('timeline').getAttribute('data-t0'))).toBeGreaterThan(0);
  expect(parameter(page, 'uiFind')).toBe('verify');
});

test('a link to a span selects and opens it', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { uiFind: spanIdAt(4) });
  await page.getByRole('region', { name: 'Span details' }).getByRole('heading', { name: /charge card/ }).waitFor();
  await expect.poll(() => page.getByTestId('status').innerText()).toContain('charge card, payment');
  expect(complaints).toEqual([]);
});

test('a key can be hidden in find', async () => {
  const { page } = await openTrace(browser, server, CHECKOUT, { uiFind: 'POST', sel: '0' });
  await page.getByRole('button', { name: 'Hide http.method in find' }).click();
  await expect.poll(() => parameter(page, 'uiFind')).toBe('POST -http.method');
});

test('values stand by their type, and links both ways', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT, { uiFind: spanIdAt(4) });
  const details = page.getByRole('region', { name: 'Span details' });
  const cell = (key: string) => details.getByRole('row', { name: new RegExp(`^${key} `) });
  await expect.poll(() => cell('card.hash').innerText()).toContain('00 ff 10');
  expect(await cell('retries').innerText()).toMatch(/3\s+int/);
  expect(await cell('vip').innerText()).toMatch(/true\s+bool/);
  await cell('request.body').getByText('items').click();
  await cell('request.body').getByText('{1}').waitFor();
  const search = cell('retries').getByRole('link', { name: /^Search for/ });
  expect(new URL((await search.getAttribute('href')) ?? '', server.url).searchParams.get('tags')).toBe('{"retries":"3"}');
  await details.getByText('inherited from').first().waitFor();
  expect(await cell('request.id').innerText()).toContain('r-7');
  await details.getByRole('tab', { name: /^Links/ }).click();
  await details.getByRole('button', { name: /of this trace/ }).click();
  await details.getByRole('heading', { name: /verify token/ }).waitFor();
  await details.getByRole('tab', { name: 'Links 1' }).click();
  await details.getByRole('button', { name: /charge card/ }).click();
  await details.getByRole('heading', { name: /charge card/ }).waitFor();
  expect(complaints).toEqual([]);
});

test('services are hidden, said in the count, and kept in the link', async () => {
  const { page, complaints } = await openTrace(browser, server, CHECKOUT);
  const visible = () => page.getByTestId('timeline').getAttribute('data-visible');
  await page.getByRole('button', { name: 'Services' }).click();
  const root = page.getByRole('checkbox', { name: 'frontend' });
  expect(await root.isDisabled()).toBe(true);
  await page.getByRole('checkbox', { name: 'redis' }).click();
  await expect.poll(visible).toBe('5');
  await page.getByText('1 service hidden').waitFor();
  await expect.poll(() => parameter(page, 'svcFilter')).toMatch(/^[\da-f]{4}\.1f$/);
  await page.reload();
  await settled(page);
  await expect.poll(visible).toBe('5');
  await page.goto(`${server.url}/trace/${CHECKOUT}?svcFilter=0000.1`);
  await page.getByText('svcFilter').waitFor();
  await expect.poll(visible).toBe('6');
  expect(complaints).toEqual([]);
});

const STATES: [string, Record<string, string>][] = [
  ['as it opens', {}],
  ['find', { uiFind: 'http.method' }],
  ['a selection', { sel: '4' }],
  ['packed, with the critical path', { lay: 'packed', cp: '1' }],
  ['a window', { ts: '6000000', dur: '20000000' }],
  ['hidden services', { svcFilter: '' }],
  ['statistics', { view: 'statistics', by: 'operation', then: 'none', sort: 'label' }],
  ['table', { view: 'table', service: 'redis', sort: '-start' }],
  ['flame graph', { view: 'flame', weight: 'total' }],
  ['logs', { view: 'logs', sel: '4' }],
  ['graph', { view: 'graph' }],
];

test.each(STATES)('a reload shows the same: %s', async (_, query) => {
  const { page, answered } = await openTrace(browser, server, CHECKOUT, query);
  const picture = async () => {
    await settled(page);
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
    await answered();
    let last = await page.screenshot();
    // What is still being drawn comes to rest.
    await expect
      .poll(async () => {
        const before = last;
        last = await page.screenshot();
        return before.equals(last);
      })
      .toBe(true);
    return last;
  };
  const before = await picture();
  // A row's number in a link becomes the span's id as soon as that is known.
  await expect.poll(() => page.url()).not.toMatch(/[?&]sel=\d{1,9}(&|$)/);
  const address = page.url();
  await page.reload();
  const { share } = compare(decode(before), decode(await picture()));
  expect(share).toBeLessThanOrEqual(0.001);
  expect(page.url()).toBe(address);
});

test('back and forward walk what was committed', async () => {
  const { page } = await openTrace(browser, server, CHECKOUT);
  await page.keyboard.press('3');
  await page.getByRole('heading', { name: 'Trace Statistics' }).waitFor();
  await page.keyboard.press('5');
  await page.getByRole('heading', { name: 'Trace Flamegraph' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Trace Statistics' }).waitFor();
  await page.goBack();
  await page.getByRole('treegrid', { name: 'Spans' }).waitFor();
  await page.goForward();
  await page.getByRole('heading', { name: 'Trace Statistics' }).waitFor();
});

test('in a frame, only what was not put away is there', async () => {
  const frame = { uiEmbed: 'v0', uiTimelineHideMinimap: '1', uiTimelineHideSummary: '1' };
  const { page } = await openTrace(browser, server, CHECKOUT, frame);
  expect(await page.getByRole('navigation', { name: 'Pages' }).count()).toBe(0);
  expect(await page.getByTestId('minimap').count()).toBe(0);
  expect(await page.locator('dl.totals').count()).toBe(0);
  const alone = await page.getByRole('link', { name: 'Open in a new tab' }).getAttribute('href');
  expect(alone).not.toContain('uiEmbed');
  await page.goto(`${server.url}/trace/${CHECKOUT}?uiEmbed=v0&uiTimelineCollapseTitle=1`);
  await settled(page);
  expect(await page.locator('dl.totals').count()).toBe(0);
  await page.getByRole('button', { name: 'Totals' }).click();
  await page.locator('dl.totals').waitFor();
  await page.getByTestId('minimap').waitFor();
});
