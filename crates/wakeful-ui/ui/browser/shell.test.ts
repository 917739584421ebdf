import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { type Server, searchFor, smallId, start } from './server.ts';

const ALL = searchFor('__all_services__');

let server: Server;
let below: Server;
let browser: Browser;

beforeAll(async () => {
  [server, below, browser] = await Promise.all([
    start({ miniRedis: true, large: 0, small: 12 }),
    start({ miniRedis: true, large: 0, basePath: '/some/where/' }),
    launch(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), below?.stop()]);
});

async function results(page: Page, query = ALL): Promise<void> {
  await page.goto(server.url + query);
  await page.getByTestId('result').first().waitFor();
}

async function miniRedis(): Promise<{ id: string; span: string }> {
  const answer = await fetch(`${server.url}/api/traces?service=mini-redis&start=1&end=1895248471024080`);
  const { data } = (await answer.json()) as { data: { traceID: string; spans: { spanID: string }[] }[] };
  return { id: data[0].traceID, span: data[0].spans[1].spanID };
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

test.each<[string, (ids: { id: string; span: string }) => string, boolean]>([
  ['capitals', ({ id }) => ` ${id.toUpperCase()} `, false],
  ['base64', ({ id }) => base64(id), false],
  ['a span id', ({ span }) => span.toUpperCase(), true],
  ['a traceparent', ({ id, span }) => `00-${id.padStart(32, '0')}-${span}-01`, true],
  ['an address of Jaeger', ({ id }) => `http://jaeger.example:16686/jaeger/trace/${id}`, false],
  ['an address with a span', ({ id, span }) => `http://localhost:16686/trace/${id}?uiFind=${span}`, true],
])('looked up: %s', async (_, pasted, finds) => {
  const { page } = await open(browser);
  await results(page);
  const ids = await miniRedis();
  await page.getByTestId('idInput').fill(pasted(ids));
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === `/trace/${ids.id}` && (!finds || url.searchParams.get('uiFind') === ids.span));
  await expect.poll(() => page.getByRole('row').count()).toBe(3);
});

test('an id of several things lists them, one of none says where was looked', async () => {
  const { page } = await open(browser);
  await results(page);
  const field = page.getByTestId('idInput');
  // Every small trace has a span with this id.
  await field.fill('0000000000000002');
  await page.keyboard.press('Enter');
  const found = page.getByRole('list', { name: 'Found' }).getByRole('listitem');
  await expect.poll(() => found.count()).toBe(12);
  await found.first().getByRole('link').click();
  await page.waitForURL(/\/trace\/b+\d+\?uiFind=0000000000000002/);
  await field.fill('no such debug id');
  await page.keyboard.press('Enter');
  await page.getByText('Looked through').waitFor();
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByText('Looked through').count()).toBe(0);
});

test('the palette has pages, actions with their keys, services, recent traces, ids and TraceQL', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}/trace/${smallId(3)}`);
  await expect.poll(() => page.getByRole('row').count()).toBe(9);
  await page.goto(server.url + ALL);
  await page.getByTestId('result').first().waitFor();
  await page.getByTestId('result').first().getByRole('link').click();
  await page.getByRole('row').first().waitFor();
  await page.goBack();
  await page.getByTestId('result').first().waitFor();
  const field = page.getByRole('combobox', { name: 'What to do' });
  const option = (name: RegExp) => page.getByRole('option', { name });
  await page.keyboard.press('Control+k');
  await field.fill('mini-redis');
  await option(/mini-redis.*Services/).waitFor();
  await option(/run.*Recent traces/).waitFor();
  await field.fill('>');
  await option(/Show the keys.*\?/).waitFor();
  expect(await option(/Services$/).count()).toBe(0);
  await field.fill('settings');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/settings');
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await page.keyboard.press(':');
  await field.fill(':name = "run"');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=%7B\+name/);
  await page.keyboard.press('>');
  expect(await field.inputValue()).toBe('>');
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('settings act at once, are kept, exported and reset', async () => {
  const { page, complaints } = await open(browser, { acceptDownloads: true });
  await page.goto(`${server.url}/settings`);
  const root = () => page.evaluate(() => ({ ...document.documentElement.dataset }));
  for (const name of ['Dark', 'Compact', 'In UTC', 'Jaeger']) await page.getByRole('radio', { name, exact: true }).check();
  expect(await root()).toMatchObject({ theme: 'dark', density: 'compact' });
  await page.getByRole('checkbox', { name: 'Letters act' }).uncheck();
  await page.keyboard.press('?');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await page.reload();
  expect(await root()).toMatchObject({ theme: 'dark', density: 'compact' });
  expect(await page.getByRole('radio', { name: 'Jaeger' }).isChecked()).toBe(true);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as JSON' }).click()]);
  expect(file.suggestedFilename()).toBe('wakeful-settings.json');
  await results(page);
  await page.getByText('UTC').first().waitFor();
  await page.goto(`${server.url}/settings`);
  await page.getByRole('button', { name: 'Reset all' }).click();
  expect(await root()).toEqual({});
  expect(await page.getByRole('checkbox', { name: 'Letters act' }).isChecked()).toBe(true);
  expect(complaints).toEqual([]);
});

test('loss and about have the figures of the server', async () => {
  const { page, complaints } = await open(browser);
  await results(page);
  await expect.poll(() => page.getByTestId('loss').innerText()).toBe('Loss 0');
  await page.getByTestId('loss').click();
  await page.getByRole('heading', { name: 'Loss' }).waitFor();
  await expect.poll(() => page.getByTestId('status').innerText()).toMatch(/^0 lost, \d+ records kept$/);
  expect(new URL(page.url()).searchParams.get('from')).toMatch(/^\d{19}$/);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'About' }).click();
  await page.getByText('OTLP gRPC').waitFor();
  expect(complaints).toEqual([]);
});

test('the pages stand in the header, and where it is narrow in its menu', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(`${server.url}/about`);
  const tabs = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
  await tabs.first().waitFor();
  expect(await tabs.allInnerTexts()).toEqual(['Search', 'Tasks', 'Resources', 'Runtime']);
  // One line: the header is no higher than what stands in it.
  const [header, tab] = await Promise.all([page.locator('header.shell').boundingBox(), tabs.first().boundingBox()]);
  expect(header?.height).toBeLessThan(2 * (tab?.height ?? 0));
  await tabs.filter({ hasText: 'Resources' }).click();
  await page.waitForURL('**/resources');
  await expect.poll(() => page.locator('nav [aria-current=page]').allInnerTexts()).toEqual(['Resources']);
  await page.getByRole('button', { name: 'More' }).click();
  expect((await page.getByRole('menuitem').allInnerTexts()).slice(0, 3)).toEqual(['Loss', 'Settings', 'About']);
  await page.keyboard.press('Escape');

  await page.setViewportSize({ width: 375, height: 812 });
  await page.getByRole('button', { name: 'Menu' }).click();
  expect((await page.getByRole('menuitem').allInnerTexts()).slice(0, 4)).toEqual(['Search', 'Tasks', 'Resources', 'Runtime']);
  expect(await tabs.first().isVisible()).toBe(false);
  await page.getByRole('menuitem', { name: 'Runtime' }).click();
  await page.waitForURL('**/runtime');
  expect(complaints).toEqual([]);
});

test('under a base path, everything is below it', async () => {
  const { page, complaints } = await open(browser);
  await page.goto(below.url);
  await page.waitForURL('**/some/where/search');
  await page.goto(`${below.url}${searchFor('mini-redis')}`);
  await page.getByTestId('result').getByRole('link').click();
  await page.waitForURL(/\/some\/where\/trace\/[0-9a-f]+$/);
  await expect.poll(() => page.getByRole('row').count()).toBe(3);
  await page.reload();
  await expect.poll(() => page.getByRole('row').count()).toBe(3);
  await page.getByRole('link', { name: 'wakeful' }).click();
  await page.waitForURL('**/some/where/search');
  expect(complaints).toEqual([]);
});

test('every key of search and of the shell does what the help says', async () => {
  const { page, complaints } = await open(browser);
  await results(page);
  const focus = () => page.evaluate(() => document.activeElement?.id ?? '');
  const dialog = page.getByRole('dialog');
  const closes = async () => {
    await page.keyboard.press('Escape');
    // Gone, not only hidden: what is said when it closes comes a moment later, and would close the next one too.
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
  };
  const links = page.locator('.results a.name');
  const active = () => links.evaluateAll((all) => all.indexOf(document.activeElement as HTMLElement));
  const sort = () => new URL(page.url()).searchParams.get('sort') ?? 'newest';
  const listed = async () => {
    await expect.poll(() => page.locator('.results').getAttribute('aria-busy')).toBe('false');
    await links.first().focus();
  };

  for (const key of ['/', 'Control+b']) {
    await links.first().focus();
    await page.keyboard.press(key);
    await expect.poll(focus, { message: key }).toBe('service');
  }
  await links.first().focus();
  for (const key of ['?', 'Control+k', '>', ':']) {
    await page.keyboard.press(key);
    await dialog.waitFor();
    await closes();
  }
  await page.keyboard.press('y');
  await page.locator('.toast').first().waitFor();

  await links.first().focus();
  for (const [key, at] of [['j', 1], ['ArrowDown', 2], ['k', 1], ['ArrowUp', 0], ['End', 12], ['Home', 0], ['G', 12]] as const) {
    await page.keyboard.press(key);
    expect(await active(), key).toBe(at);
  }
  await page.keyboard.press('g');
  await page.keyboard.press('g');
  expect(await active()).toBe(0);
  for (const [key, value] of [['i', 'oldest'], ['ArrowRight', 'longest'], ['l', 'most-spans'], ['ArrowLeft', 'longest'], ['h', 'newest']]) {
    await listed();
    await page.keyboard.press(key);
    await expect.poll(sort, { message: key }).toBe(value);
  }
  await listed();

  const plot = page.getByRole('listbox', { name: 'Listed traces' });
  await page.locator('[data-testid=scatter][data-state=complete]').waitFor();
  await plot.focus();
  const said = () => plot.getByRole('option').innerText();
  let before = await said();
  for (const key of ['End', 'ArrowLeft', 'ArrowUp', 'ArrowRight', 'Home', 'ArrowDown']) {
    await page.keyboard.press(key);
    await expect.poll(said, { message: key }).not.toBe(before);
    before = await said();
  }
  await page.keyboard.press('Enter');
  await page.waitForURL('**/trace/*');
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL('**/search');
  await results(page);
  await links.first().focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/trace/*');
  expect(complaints).toEqual([]);
});
