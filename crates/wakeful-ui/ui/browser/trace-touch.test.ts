import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

type Point = [x: number, y: number];

/** Fingers that go from one place to another, all at once. */
async function drag(session: CDPSession, from: readonly Point[], to: readonly Point[]): Promise<void> {
  const STEPS = 6;
  const places = (share: number) =>
    from.map(([x, y], id) => ({ id, x: x + (to[id][0] - x) * share, y: y + (to[id][1] - y) * share }));
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: places(0) });
  for (let i = 1; i <= STEPS; i++) await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: places(i / STEPS) });
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

async function phone(): Promise<{ page: Page; session: CDPSession; seen: (name: string) => Promise<number>; complaints: string[] }> {
  const { page, complaints } = await open(browser, { measured: true, hasTouch: true, isMobile: true, viewport: { width: 375, height: 812 } });
  await page.goto(`${server.url}/trace/${largeId(SPANS)}?det=0`);
  await page.waitForFunction(() => performance.getEntriesByName('wakeful:complete').length > 0);
  const timeline = page.getByTestId('timeline');
  const seen = async (name: string) => Number(await timeline.getAttribute(`data-${name}`));
  return { page, session: await page.context().newCDPSession(page), seen, complaints };
}

test('two fingers zoom, one pans', async () => {
  const { page, session, seen, complaints } = await phone();
  const box = await page.getByRole('treegrid').boundingBox();
  if (!box) throw new Error('the timeline has no place');
  const y = box.y + 120;
  const whole = await seen('ns-per-px');
  await drag(session, [[150, y], [220, y]], [[60, y], [320, y]]);
  // As far as the fingers went apart: 70 pixels to 260.
  const near = (whole * 70) / 260;
  await expect.poll(() => seen('ns-per-px')).toBeCloseTo(near, 3);
  const t0 = await seen('t0');
  await drag(session, [[250, y]], [[120, y]]);
  await expect.poll(() => seen('t0')).toBeGreaterThan(t0 + 50 * near);
  expect(await seen('ns-per-px')).toBeCloseTo(near, 3);
  // The page itself is neither scrolled nor zoomed by it.
  expect(await page.evaluate(() => [window.scrollX, window.visualViewport?.scale])).toEqual([0, 1]);
  expect(complaints).toEqual([]);
});

test('one finger up and down scrolls rows', async () => {
  const { page, session, complaints } = await phone();
  const box = await page.getByRole('treegrid').boundingBox();
  if (!box) throw new Error('the timeline has no place');
  await drag(session, [[180, box.y + 300]], [[180, box.y + 60]]);
  await expect.poll(async () => Number(await page.getByRole('row').first().getAttribute('aria-rowindex'))).toBeGreaterThan(1);
  expect(complaints).toEqual([]);
});
