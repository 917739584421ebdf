import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { largeId, type Server, start } from './server.ts';

const SPANS = 1_421;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: true, large: SPANS }), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function opened(query: string): Promise<{ page: Page; complaints: string[]; attribute: (name: string) => Promise<string | null> }> {
  const { page, complaints } = await open(browser, { measured: true });
  await page.goto(`${server.url}/trace/${largeId(SPANS)}?det=0${query}`);
  await page.waitForFunction(() => performance.getEntriesByName('wakeful:complete').length > 0);
  const timeline = page.getByTestId('timeline');
  return { page, complaints, attribute: (name) => timeline.getAttribute(`data-${name}`) };
}

async function place(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await page.getByRole('treegrid').boundingBox();
  if (!box) throw new Error('the timeline has no place');
  return box;
}

test('v packs all spans into lanes that arrow keys walk, and the address keeps it', async () => {
  const { page, complaints, attribute } = await opened('');
  const grid = page.getByRole('treegrid');
  await grid.focus();
  await page.keyboard.press('v');
  await expect.poll(() => attribute('layout')).toBe('packed');
  expect(Number(await attribute('visible'))).toBeLessThan(200);
  await expect.poll(() => page.url()).toContain('lay=packed');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const status = page.getByTestId('status');
  await expect.poll(() => status.innerText()).toContain('row 2 of');
  await page.keyboard.press('e');
  await expect.poll(() => status.innerText()).toContain(', error, row ');
  await page.reload();
  await expect.poll(() => attribute('layout')).toBe('packed');
  expect(complaints).toEqual([]);
});

test('a click selects what was drawn there, and the pointer says what it is', async () => {
  const { page, complaints } = await opened('&lay=packed');
  const { x, y } = await place(page);
  await page.mouse.move(x + 300, y + 8);
  await expect.poll(() => page.locator('.tooltip').innerText()).toContain('POST /checkout');
  await page.mouse.click(x + 300, y + 8);
  await expect.poll(() => new URL(page.url()).searchParams.get('sel')).toMatch(/^[0-9a-f]{16}$/);
  expect(complaints).toEqual([]);
});

test('a dragged time zooms; z goes back and Shift+Z forward', async () => {
  const { page, complaints, attribute } = await opened('');
  const { x, y, width } = await place(page);
  const whole = await attribute('ns-per-px');
  await page.mouse.move(x + width * 0.5, y + 60);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.7, y + 120, { steps: 4 });
  await page.mouse.up();
  const bar = page.getByRole('toolbar', { name: 'Selected time' });
  expect(await bar.innerText()).toContain('rows');
  expect(new URL(page.url()).searchParams.has('sel')).toBe(false);
  await bar.getByRole('button', { name: 'Zoom' }).click();
  await expect.poll(async () => Number(await attribute('ns-per-px'))).toBeLessThan(Number(whole) / 2);
  expect(await bar.count()).toBe(0);
  const near = await attribute('ns-per-px');
  await page.keyboard.press('z');
  await expect.poll(() => attribute('ns-per-px')).toBe(whole);
  await page.keyboard.press('Shift+Z');
  await expect.poll(() => attribute('ns-per-px')).toBe(near);
  expect(complaints).toEqual([]);
});

test('Escape lets a dragged time go', async () => {
  const { page } = await opened('');
  const { x, y, width } = await place(page);
  await page.mouse.move(x + width * 0.5, y + 60);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6, y + 60, { steps: 3 });
  await page.mouse.up();
  const bar = page.getByRole('toolbar', { name: 'Selected time' });
  await bar.waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => bar.count()).toBe(0);
});

test('Shift and dragging pans', async () => {
  const { page, attribute } = await opened('');
  const { x, y, width } = await place(page);
  await page.mouse.move(x + width * 0.6, y + 60);
  for (let i = 0; i < 3; i++) await page.keyboard.press('w');
  await expect.poll(async () => Number(await attribute('t0'))).toBeGreaterThan(0);
  const before = Number(await attribute('t0'));
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.mouse.move(x + width * 0.5, y + 60, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await expect.poll(async () => Number(await attribute('t0'))).toBeGreaterThan(before);
});

test('the view is saved as PNG and as SVG', async () => {
  const { page, complaints } = await opened('&lay=packed');
  const save = async (name: string): Promise<Buffer> => {
    await page.getByRole('button', { name: 'Actions' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(name, { exact: true }).click()]);
    return readFile(await download.path());
  };
  const png = await save('View as PNG');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  // Width, from the header chunk: the bars' and the margins.
  expect(png.readUInt32BE(16)).toBeGreaterThan(1_200);
  const twice = await save('View as PNG, twice the size');
  expect(twice.readUInt32BE(16)).toBe(2 * png.readUInt32BE(16));
  const svg = (await save('View as SVG')).toString();
  expect(svg).toContain('<title id="title">');
  expect(svg).toContain(largeId(SPANS));
  expect(svg).toContain('>POST /checkout</text>');
  expect(complaints).toEqual([]);
});

test('the menu of a span: by the right button, by keys, and the focus comes back', async () => {
  const { page, complaints } = await opened('');
  const { x, y } = await place(page);
  const grid = page.getByRole('treegrid');
  await page.mouse.click(x + 100, y + 8, { button: 'right' });
  const menu = page.getByRole('menu', { name: 'Span POST /checkout' });
  await menu.waitFor();
  await page.keyboard.press('ArrowDown');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Fit to the window');
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  expect(await grid.evaluate((element) => element === document.activeElement)).toBe(true);

  await page.keyboard.press('End');
  await expect.poll(() => page.getByTestId('status').innerText()).toContain('row 1,421 of 1,421');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menu').waitFor();
  // Wherever the row is, all of the menu can be seen.
  const [box, within] = await Promise.all([page.getByRole('menu').boundingBox(), grid.boundingBox()]);
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual((within?.y ?? 0) + (within?.height ?? 0) + 1);
  await page.getByRole('menuitem', { name: 'Hide this service' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.has('svcFilter')).toBe(true);
  expect(complaints).toEqual([]);
});

test('marks stay while one looks elsewhere, and the address keeps them', async () => {
  const { page, complaints } = await opened('&sel=3');
  const marked = page.locator('.time-mark');
  await expect.poll(() => page.getByTestId('status').innerText()).toContain('row 4 of');
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('Shift+M');
  await expect.poll(() => marked.count()).toBe(1);
  await page.keyboard.press('Home');
  await expect.poll(() => page.getByTestId('status').innerText()).toContain('row 1 of');
  await page.keyboard.press('m');
  await expect.poll(() => marked.count()).toBe(2);
  await expect.poll(() => new URL(page.url()).searchParams.get('mark')).toMatch(/^k\d+-\d+\.0-\d+$/);
  await page.reload();
  await expect.poll(() => marked.count()).toBe(2);
  expect(complaints).toEqual([]);
});
