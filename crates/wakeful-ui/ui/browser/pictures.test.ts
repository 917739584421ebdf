import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launch, open } from './browser.ts';
import { startMock } from './mock-server.ts';
import { compare, decode, encode } from './png.ts';
import { largeId, NOW, type Server, searchFor, start } from './server.ts';

/**
 * Every state of the pages as a picture, compared with the one that is kept. The page comes from the binary, its answers from
 * the mock, the clock, the zone and the fonts are fixed: nothing but the page can change a pixel.
 * `npm run pictures` renews the kept ones; look at them before they are committed.
 */
const KEPT = join(import.meta.dirname, 'pictures');
const FAILED = join(tmpdir(), 'wakeful-pictures');
const RENEW = process.env.WAKEFUL_PICTURES === 'renew';
/** Of the pixels. */
const TOLERANCE = 0.001;

let server: Server;
let mock: Server;
let browser: Browser;

beforeAll(async () => {
  mock = await startMock(null, NOW, { miniRedis: true, large: 0 });
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch({ ownFonts: true })]);
  await Promise.all([mkdir(KEPT, { recursive: true }), mkdir(FAILED, { recursive: true })]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), mock?.stop()]);
});

const ALL = searchFor('__all_services__');
const TRACE = '/trace/4bf92f3577b34da6a3ce929d0e0e4736';
const LARGE = `/trace/${largeId(1_421)}`;
const SPAN = '00f067aa0ba902b7';

async function results(page: Page): Promise<void> {
  await page.getByTestId('result').first().waitFor();
  await page.locator('[data-testid=scatter][data-state=complete]').waitFor();
}

async function rows(page: Page): Promise<void> {
  await page.locator('[data-testid=timeline][data-state=complete]').waitFor();
  await page.getByRole('row').first().waitFor();
}

async function tasks(page: Page): Promise<void> {
  await page.getByRole('grid', { name: 'Tasks' }).getByRole('row').nth(1).waitFor();
}

async function lanes(page: Page): Promise<void> {
  await page.getByTestId('lanes').waitFor();
}

/** Lets a request hang or answers it otherwise. */
type Answer = 'hangs' | { status: number; message: string } | ((lines: string[]) => string[]);

interface State {
  at: string;
  /** What `api/ui/search` answers instead. */
  search?: Answer;
  services?: object;
  loss?: object;
  programs?: object;
  lookup?: object;
  /** What `find` refuses. */
  find?: object;
  ready: (page: Page) => Promise<void>;
}

const heading = (name: string) => (page: Page) => page.getByRole('heading', { name }).waitFor();

const STATES: Record<string, State> = {
  'search-start': { at: '/search', ready: heading('No search yet') },
  'search-fresh': { at: '/search', services: { services: [] }, ready: heading('No spans yet') },
  'search-list': { at: ALL, ready: results },
  'search-table': { at: `${ALL}&list=table&sort=longest`, ready: results },
  'search-box': { at: ALL, ready: (page) => results(page).then(() => dragBox(page)) },
  'search-cells': {
    at: ALL,
    ready: async (page) => {
      await results(page);
      await page.getByRole('button', { name: 'Counts' }).click();
    },
  },
  'search-empty': { at: `${ALL}&minDuration=10h&operation=nothing`, ready: heading('No trace results') },
  'search-custom': { at: `${ALL.replace('=1h', '=custom')}&tags=user.name%3D%22ada%20lovelace%22&limit=2000`, ready: results },
  'search-traceql': {
    at: `/search?q=${encodeURIComponent('{ name = "run" && durationn }')}&lookback=1h`,
    ready: (page) => page.getByText('column 19').waitFor({ state: 'attached' }),
  },
  'search-loading': { at: ALL, search: 'hangs', ready: (page) => page.getByRole('button', { name: 'Cancel' }).waitFor() },
  'search-error': {
    ...{ at: ALL, search: { status: 500, message: 'the disk is gone' } },
    ready: (page) => page.getByText('the disk is gone').waitFor(),
  },
  'search-partial': {
    at: ALL,
    search: (lines) => [...lines.slice(0, 4), partialEnd()],
    ready: (page) => page.getByText('2 of 12 segments').waitFor(),
  },
  'search-upload': {
    at: '/search',
    ready: async (page) => {
      if (await page.getByRole('tab', { name: 'Upload' }).isHidden()) await page.locator('.fold').click();
      await page.getByRole('tab', { name: 'Upload' }).click();
    },
  },
  help: { at: '/about', ready: (page) => pressed(page, '?') },
  palette: { at: '/about', ready: (page) => pressed(page, 'Control+k') },
  'lookup-none': { at: '/settings', ready: (page) => lookedUp(page, 'nobody', 'Looked through') },
  'lookup-found': { at: '/settings', lookup: FOUND(), ready: (page) => lookedUp(page, SPAN, 'iox-conductor') },
  settings: { at: '/settings', ready: heading('Settings') },
  loss: { at: '/loss', loss: LOST(), ready: (page) => page.getByText('queue full').waitFor() },
  about: { at: '/about', ready: (page) => page.getByRole('heading', { name: 'Limits' }).waitFor() },
  'no-page': { at: '/monitor', ready: heading('Not in this version') },
  tasks: { at: '/tasks?sel=4', ready: tasks },
  'tasks-insight': {
    at: '/tasks',
    ready: async (page) => {
      await tasks(page);
      await page.getByRole('button', { name: 'Insight: hooks' }).click();
    },
  },
  'tasks-locations': { at: '/tasks?group=location', ready: (page) => page.getByRole('row', { name: 'src/db.rs:44:13' }).waitFor() },
  'tasks-past': { at: `/tasks?at=${NOW - 60_000}000000&filter=flush&sort=name`, ready: tasks },
  'tasks-filtered-out': { at: '/tasks?filter=nothing', ready: (page) => page.getByText('No task passes the filter').waitFor() },
  'tasks-no-program': { at: '/tasks', programs: { programs: [] }, ready: heading('No program yet') },
  task: { at: '/tasks/13', ready: lanes },
  runtime: { at: '/runtime', ready: lanes },
  resources: { at: '/resources?sel=7', ready: (page) => page.getByRole('grid', { name: 'Resources' }).getByRole('row').nth(1).waitFor() },
  resource: { at: '/resources/7', ready: lanes },
  'trace-lanes': {
    at: `${TRACE}?sel=1`,
    ready: async (page) => {
      await rows(page);
      await page.keyboard.press('x');
      await page.getByText('task 17').first().waitFor();
    },
  },
  trace: { at: TRACE, ready: rows },
  'trace-details': { at: `${LARGE}?sel=3&det=1`, ready: (page) => rows(page).then(() => page.getByRole('tab').first().waitFor()) },
  'trace-menu': {
    at: `${LARGE}?sel=10&det=0&mark=k400000000-900000000`,
    ready: async (page) => {
      await rows(page);
      await page.locator('[role=row][aria-selected=true]').waitFor();
      // While rows come there is less room for them: whether the selected one is scrolled to is chance.
      const grid = page.getByRole('treegrid');
      await grid.evaluate((rows) => (rows.scrollTop = 0));
      await expect.poll(() => grid.getByRole('row').first().evaluate((row) => row.style.transform)).toBe('translateY(0px)');
      await grid.focus();
      await page.keyboard.press('Shift+F10');
      await page.getByRole('menu').waitFor();
    },
  },
  'trace-cut': {
    at: `/trace/${'c'.repeat(32)}`,
    ready: async (page) => {
      await page.locator('[data-testid=timeline][data-state=partial]').waitFor();
      await page.getByRole('row').first().waitFor();
    },
  },
  'trace-find': {
    at: `${LARGE}?uiFind=lock&det=0`,
    ready: (page) => rows(page).then(() => page.locator('#find-count', { hasText: /^1 of / }).waitFor()),
  },
  'trace-find-refused': { at: `${LARGE}?uiFind=${encodeURIComponent('{ span.name = "lock" }')}&det=0`, find: REFUSED(), ready: (page) => rows(page).then(() => page.locator('#find-problem').waitFor()) },
  'trace-packed': { at: `${LARGE}?lay=packed&det=0`, ready: rows },
  'trace-statistics': { at: `${LARGE}?view=statistics`, ready: (page) => page.getByRole('table').waitFor() },
  'trace-found': { at: `/trace/${SPAN}`, lookup: FOUND(), ready: (page) => page.getByText('The id is that of something else').waitFor() },
  'trace-missing': { at: '/trace/0123456789abcdef0123456789abcdef', ready: heading('No such trace') },
};

const SCHEMES = ['light', 'dark'] as const;
const SIZES = { desk: { width: 1280, height: 720 }, narrow: { width: 375, height: 812 } };
const all = Object.entries(STATES).flatMap(([name, state]) =>
  SCHEMES.flatMap((colorScheme) => Object.entries(SIZES).map(([size, viewport]) => ({ name, state, colorScheme, size, viewport }))),
);

test.each(all)('$name, $colorScheme, $size', async ({ name, state, colorScheme, size, viewport }) => {
  const { page } = await open(browser, { colorScheme, viewport, reducedMotion: 'reduce' });
  await answerFromMock(page, state);
  // The three lines of a fresh server have an id by chance.
  await page.addInitScript(() => {
    crypto.getRandomValues = (array) => array;
  });
  await page.goto(`${server.url}${state.at}`);
  await state.ready(page);
  await page.mouse.move(0, 0);
  await settled(page);
  // Rows that begin within a pixel are drawn, by chance, in this one or in the next.
  const within = await page.evaluate(() =>
    [...document.querySelectorAll('.vtable, .timeline .rows, .details, [data-testid=lanes]')].map((part) => part.getBoundingClientRect().top % 1),
  );
  expect(within, 'what has rows begins on a whole pixel').toEqual(within.map(() => 0));
  const png = await page.screenshot({ caret: 'hide', animations: 'disabled' });
  await page.context().close();
  const file = join(KEPT, `${name}-${colorScheme}-${size}.png`);
  const now = decode(png);
  if (RENEW) {
    const same = existsSync(file) && compare(decode(await readFile(file)), now).share <= TOLERANCE / 2;
    if (!same) await writeFile(file, encode(now));
    return;
  }
  expect(existsSync(file), `${file} is not there; npm run pictures makes it`).toBe(true);
  const { share, picture } = compare(decode(await readFile(file)), now);
  if (share > TOLERANCE) {
    const base = join(FAILED, `${name}-${colorScheme}-${size}`);
    await Promise.all([writeFile(`${base}.png`, png), writeFile(`${base}-diff.png`, encode(picture))]);
  }
  expect(share, `what is different is in ${FAILED}`).toBeLessThanOrEqual(TOLERANCE);
});

/** Two screenshots in a row that are alike: the page has drawn what it had to. */
async function settled(page: Page): Promise<void> {
  let before = await page.screenshot();
  for (let i = 0; i < 20; i++) {
    await page.waitForTimeout(60);
    const now = await page.screenshot();
    if (now.equals(before)) return;
    before = now;
  }
}

async function answerFromMock(page: Page, { search, services, loss, programs, lookup, find }: State): Promise<void> {
  await page.route('**/api/**', async (route) => {
    const { pathname, search: query } = new URL(route.request().url());
    const headers = { 'x-wakeful-ui': '' };
    if (services && pathname.endsWith('/services')) return route.fulfill({ json: services, headers });
    if (programs && pathname.endsWith('/programs')) return route.fulfill({ json: programs, headers });
    if (find && pathname.endsWith('/find')) return route.fulfill({ status: 400, json: find, headers });
    if (lookup && pathname.endsWith('/lookup')) return route.fulfill({ json: lookup, headers });
    if (loss && pathname.endsWith('/loss')) return route.fulfill({ json: loss, headers });
    if (search && pathname.endsWith('/ui/search')) {
      if (search === 'hangs') return;
      if (typeof search !== 'function') {
        return route.fulfill({ status: search.status, json: { error: { message: search.message } }, headers });
      }
      const answer = await route.fetch({ url: `${mock.url}${pathname}${query}` });
      const lines = (await answer.text()).trimEnd().split('\n');
      return route.fulfill({ body: `${search(lines).join('\n')}\n`, headers });
    }
    // A stream that stays open is none of a picture.
    if (pathname.endsWith('/watch')) return;
    const answer = await route.fetch({ url: `${mock.url}${pathname}${query}` });
    return route.fulfill({ response: answer, headers: { ...answer.headers(), ...headers } });
  });
}

function partialEnd(): string {
  const end = { type: 'end', complete: false, truncated: false, message: '2 of 12 segments did not answer: the disk is gone' };
  return JSON.stringify({ ...end, read: { segments: 10, spans: 24_576 }, ms: 2.1, query: '{ }' });
}

function LOST(): object {
  const nanos = (before: number) => String(BigInt(NOW - before) * 1_000_000n);
  const queue = { cause: 'queue full', source: 'server', records: 12, firstUnixNanos: nanos(600_000), lastUnixNanos: nanos(60_000) };
  const ring = { cause: 'ring full', source: 'mini-redis', records: 1_000, firstUnixNanos: nanos(200_000), lastUnixNanos: nanos(199_000) };
  return {
    ...{ lost: 1_012, kept: 1_204_331 },
    causes: [
      { ...queue, remedy: 'send less at once, or give the queue more bytes' },
      { ...ring, remedy: 'give the ring more records' },
    ],
  };
}

/** An id that two spans and, as its debug id, a trace have. */
function FOUND(): object {
  const hit = (kind: string, service: string, operation: string, minutes: number) => ({
    ...{ kind, traceId: String(minutes).padStart(32, 'd'), service, operation, startUnixNanos: String(BigInt(NOW - minutes * 60_000) * 1_000_000n) },
    ...(kind === 'span' ? { spanId: SPAN } : {}),
  });
  return {
    hits: [hit('span', 'mini-redis', 'apply', 2), hit('span', 'iox-conductor', 'flush of a table whose name is longer than a narrow screen', 14), hit('debug', 'shop', 'POST /checkout', 44)],
    looked: ['trace ids', 'span ids', 'debug ids'],
  };
}

function REFUSED(): object {
  return { error: { message: 'an attribute is looked for wherever it stands; write .name in place of span.name', parameter: 'q', column: 3 } };
}

async function dragBox(page: Page): Promise<void> {
  const box = await page.getByTestId('scatter').boundingBox();
  if (!box) throw new Error('the plot has no place');
  await page.mouse.move(box.x + box.width * 0.6, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + 120, { steps: 4 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'Narrow search' }).waitFor();
}

async function pressed(page: Page, key: string): Promise<void> {
  await page.getByRole('heading', { name: 'Limits' }).waitFor();
  await page.keyboard.press(key);
  await page.getByRole('dialog').waitFor();
}

async function lookedUp(page: Page, text: string, answer: string): Promise<void> {
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  const field = page.getByTestId('idInput');
  if (await field.isHidden()) await page.getByRole('button', { name: 'Lookup by id' }).click();
  await field.fill(text);
  await page.keyboard.press('Enter');
  await page.locator('.lookup').getByText(answer).first().waitFor();
}
