import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { launch, open } from './browser.ts';
import { startMock } from './mock-server.ts';
import { NOW, type Server, start } from './server.ts';
import { CHECKOUT, checkout, send } from './trace-data.ts';
import { parameter, settled } from './trace-page.ts';

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

const GROWING = '91000000000000000000000000000001';

/** What is said of a trace as a whole: how the page gets there, and its words. */
const STATES: [string, string, (page: Page) => Promise<void>, RegExp][] = [
  ['missing', 'dead0000000000000000000000000001', async () => undefined, /No trace .* in stored data/],
  [
    'error',
    CHECKOUT,
    async (page) => {
      const answer = { status: 500, json: { error: { message: 'the disk is gone' } } };
      await page.route('**/api/ui/trace/*', (route) => route.fulfill(answer));
    },
    /could not be read: the disk is gone/,
  ],
  [
    'partial',
    CHECKOUT,
    async (page) => {
      await page.route('**/api/ui/trace/*', async (route) => {
        const answer = await route.fetch();
        const bytes = await answer.body();
        // Cut off within the rows.
        await route.fulfill({ response: answer, body: bytes.subarray(0, bytes.length - 400) });
      });
    },
    /Part of this trace is missing: the answer was cut off/,
  ],
];

const LOOKS: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { forcedColors: 'active' }],
];

test.each(STATES.flatMap((state) => LOOKS.map((look) => [state[0], look[0], state, look] as const)))(
  '%s, %s: it is said, and nothing is in a reader\'s way',
  async (_, __, [, id, prepare, said], [, look]) => {
    const { page } = await open(browser, look);
    await prepare(page);
    await page.goto(`${server.url}/trace/${id}`);
    await page.getByText(said).first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  },
);

test.each(LOOKS)('growing, %s: it is said, and nothing is in a reader\'s way', async (name, look) => {
  const id = GROWING.slice(0, -1) + LOOKS.findIndex(([other]) => other === name);
  await send(server, id, checkout());
  const { page } = await open(browser, look);
  await page.goto(`${server.url}/trace/${id}`);
  await settled(page);
  await send(server, id, [...checkout(), { service: 'late', name: 'late', parent: 0, start: 1, dur: 9 }], checkout().length);
  await page.getByText('1 new row').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Follow' }).click();
  await page.getByText('New spans are shown as they arrive').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});

test('of a trace that is too large what is on screen is read whole, and the outline again', async () => {
  const mock = await startMock(null, NOW, { miniRedis: true, large: 0 });
  const { page, complaints } = await open(browser);
  const parts: (string | null)[] = [];
  await page.route('**/api/ui/trace/**', async (route) => {
    const { pathname, search, searchParams } = new URL(route.request().url());
    if (pathname.endsWith('/watch')) return;
    if (/\/trace\/\w+$/.test(pathname)) parts.push(searchParams.get('part'));
    // A page that has moved on takes no answer.
    const answer = await route.fetch({ url: `${mock.url}${pathname}${search}` }).catch(() => null);
    if (answer) await route.fulfill({ response: answer, headers: { ...answer.headers(), 'x-wakeful-ui': '' } }).catch(() => undefined);
  });
  await page.goto(`${server.url}/trace/${'c'.repeat(32)}`);
  await page.getByText(/^2,000,000 of 9,310,000 spans.* Zoom in to read a part whole/).waitFor();
  await page.goto(`${server.url}/trace/${'c'.repeat(32)}?ts=1000000000&dur=2000000000`);
  await page.getByRole('button', { name: 'Read what is on screen whole' }).click();
  await page.getByRole('button', { name: 'Read the outline again' }).waitFor();
  const [from, to] = (parameter(page, 'part') ?? '').split('-').map(BigInt);
  expect(Number(to - from)).toBeCloseTo(2e9, -1);
  expect(parts.at(-1)).toBe(`${from}-${to}`);
  // The window stays, and everything that is asked of these rows names the part.
  expect(parameter(page, 'ts')).toBe('1000000000');
  await page.getByRole('button', { name: 'Read the outline again' }).click();
  await expect.poll(() => parts.at(-1)).toBeNull();
  expect(parameter(page, 'part')).toBeNull();
  expect(complaints).toEqual([]);
  await page.context().close();
  await mock.stop();
});
