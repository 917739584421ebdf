import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { launch, open } from './browser.ts';
import { type Server, searchFor, start } from './server.ts';
import { slowly } from './slow-server.ts';

let server: Server;
let fresh: Server;
let browser: Browser;

beforeAll(async () => {
  [server, fresh, browser] = await Promise.all([
    start({ miniRedis: true, large: 0 }),
    start({ miniRedis: false, large: 0 }),
    launch(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), fresh?.stop()]);
});

test('a fresh server says how to send a first span', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(fresh.url);
  await page.getByRole('heading', { name: 'No spans yet' }).waitFor();
  const lines = await page.locator('pre').innerText();
  expect(lines.split('\n')).toHaveLength(3);
  expect(lines).toContain('/v1/traces');
  expect(complaints).toEqual([]);
});

test('nothing found: what was asked, and a remedy', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}/search?service=mini-redis&operation=no-such&start=1000&end=2000`);
  await page.getByRole('heading', { name: 'No trace results' }).waitFor();
  await page.getByText('operation no-such').waitFor();
  await page.getByRole('button', { name: 'Search last 2 days' }).waitFor();
  expect(complaints).toEqual([]);
});

test('a search that fails can be tried again', async () => {
  const { page } = await open(browser);
  await page.route('**/api/ui/search?*', (route) =>
    route.fulfill({ status: 500, json: { error: { message: 'the disk is gone' } } }),
  );
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.getByText('the disk is gone (status 500)').waitFor();
  await page.unroute('**/api/ui/search?*');
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
});

test('an answer that is cut off says so, and shows what came', async () => {
  const { page } = await open(browser);
  await page.route('**/api/ui/search?*', async (route) => {
    const answer = await route.fetch();
    const lines = (await answer.text()).trimEnd().split('\n');
    await route.fulfill({ response: answer, body: `${lines.slice(0, -1).join('\n')}\n` });
  });
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.getByText('the answer was cut off').waitFor();
  expect(await page.getByTestId('result').count()).toBe(1);
});

test('a server that is gone, and back again', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Find Traces' }).click();
  await page.getByText('the server does not answer').first().waitFor();
  // What was found stays until something else is.
  await page.context().setOffline(false);
  await page.getByRole('button', { name: 'Retry' }).last().click();
  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
  await expect.poll(() => page.locator('.banner.error').count()).toBe(0);
});

test('an answer that comes line by line is shown as it comes', async () => {
  const { page, complaints } = await open(browser);
  const answer = await (await fetch(`${server.url}/api/ui${searchFor('mini-redis')}`)).text();
  const lines = answer.trimEnd().split('\n');
  const slow = await slowly([JSON.stringify({ type: 'progress', segments: 3, segmentsTotal: 12, spans: 24_576, traces: 1 }), ...lines], 1_000);
  await page.route('**/api/ui/search?*', (route) => route.continue({ url: `${slow.url}/search` }));
  try {
    await page.goto(`${server.url}${searchFor('mini-redis')}`);
    await page.getByText('3 of 12 segments · 24,576 spans · 1 trace so far').waitFor();
    await page.getByTestId('result').waitFor();
    await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
    await expect.poll(() => page.getByTestId('status').innerText()).toContain('complete');
    expect(complaints).toEqual([]);
  } finally {
    await slow.stop();
  }
});

test('Cancel stops the request, and what came stays', async () => {
  const { page } = await open(browser);
  const answer = await (await fetch(`${server.url}/api/ui${searchFor('mini-redis')}`)).text();
  const slow = await slowly([answer.trimEnd().split('\n').slice(-2)[0], ...Array.from({ length: 60 }, () => '')], 500);
  await page.route('**/api/ui/search?*', (route) => route.continue({ url: `${slow.url}/search` }));
  try {
    await page.goto(`${server.url}${searchFor('mini-redis')}`);
    await page.getByTestId('result').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('The search was cancelled').waitFor();
    expect(await page.getByTestId('result').count()).toBe(1);
    await expect.poll(() => slow.cancelled()).toBe(true);
  } finally {
    await slow.stop();
  }
});

test('Cancel stops a search', async () => {
  const { page } = await open(browser);
  await page.route('**/api/ui/search?*', () => undefined);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The search was cancelled.').waitFor();
});

test('a trace that is not stored', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}/trace/0123456789abcdef0123456789abcdef`);
  await page.getByRole('heading', { name: 'No such trace' }).waitFor();
  await page.getByText('0123456789abcdef0123456789abcdef').waitFor();
});

test('a trace that cannot be read says why', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.route(/api\/ui\/trace\/[0-9a-f]+$/, async (route) => {
    await route.fulfill({ status: 503, json: { error: { message: 'too busy' } } });
  });
  await page.getByRole('link', { name: 'mini-redis: run', exact: true }).click();
  await page.getByText('too busy (status 503)').waitFor();
});

test('a trace that is cut off is shown as far as it came', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.route(/api\/ui\/trace\/[0-9a-f]+$/, async (route) => {
    const answer = await route.fetch();
    const body = await answer.body();
    await route.fulfill({ response: answer, body: body.subarray(0, body.length - 200) });
  });
  await page.getByRole('link', { name: 'mini-redis: run', exact: true }).click();
  await page.getByText('the answer was cut off').waitFor();
  await page.getByText('3', { exact: true }).first().waitFor();
});

test('a trace that has grown says so', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.route('**/api/ui/trace/*/span/*', (route) =>
    route.fulfill({ status: 409, json: { error: { message: 'the trace has changed' } } }),
  );
  await page.getByRole('link', { name: 'mini-redis: run', exact: true }).click();
  await page.getByRole('row').nth(1).click();
  await page.getByText('Spans were added to this trace since it was read.').waitFor();
});

test('a path that is no page', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}/no/such/page`);
  await page.getByRole('heading', { name: 'No such page' }).waitFor();
  await page.getByRole('main').getByRole('link', { name: 'Search for traces' }).click();
  await page.waitForURL('**/search');
  expect(complaints).toEqual([]);
});

test('a field that is wrong says what it wants', async () => {
  const { page } = await open(browser);
  await page.goto(`${server.url}${searchFor('mini-redis')}`);
  await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor();
  await page.getByRole('textbox', { name: 'Min Duration' }).fill('fast');
  await page.getByRole('button', { name: 'Find Traces' }).click();
  await page.getByText('write a number and a unit').waitFor();
  await page.getByRole('textbox', { name: 'Min Duration' }).fill('10h');
  await page.getByRole('button', { name: 'Find Traces' }).click();
  await page.getByRole('heading', { name: 'No trace results' }).waitFor();
  expect(new URL(page.url()).searchParams.get('minDuration')).toBe('10h');
});
