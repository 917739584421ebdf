import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { KEYS } from '../src/shell/keys.ts';
import { launch, open } from './browser.ts';
import { largeId, type Server, start } from './server.ts';

const SPANS = 1_421;

let server: Server;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: true, large: SPANS }), launch()]);
  ({ page, complaints } = await open(browser));
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Keys that make way for the one that is tested; without them it would have nothing to do. */
const BEFORE: Record<string, string[]> = {
  'zoom-out': ['w', 'w'],
  'pan-left': ['w', 'w'],
  'pan-right': ['w', 'w'],
  'fit-all': ['w'],
  'view-back': ['w'],
  'view-forward': ['w', 'z'],
  'open-level': ['P'],
  'open-all': ['P'],
  'open-subtree': ['P', 'Home'],
  in: ['P', 'Home'],
  first: ['End'],
  previous: ['j', 'j'],
  'page-up': ['End'],
  'previous-sibling': ['.', '.'],
  'view-1': ['3'],
};
/** Actions that look alike before and after on this trace, with the reason. */
const UNSEEN: Record<string, string> = {
  'link-on': 'no span of this trace has a link; trace-links.test.ts walks along some',
  'link-back': 'no span of this trace has a link; trace-links.test.ts walks along some',
  'next-link': 'no span of this trace has a link; trace-links.test.ts walks along some',
  'previous-link': 'no span of this trace has a link; trace-links.test.ts walks along some',
};

/** How the table says a key, for the driver. */
function pressed(key: string): string {
  return key.replace(/^Mod\+/, 'Control+').replace(/(^|\+)([WASD])$/, (_, plus: string, letter: string) => plus + (plus ? letter : letter.toLowerCase()));
}

/** All that a key could change. */
function look(): Promise<string> {
  return page.evaluate(() => {
    const timeline = document.querySelector<HTMLElement>('[data-testid=timeline]');
    const { t0, nsPerPx, visible, layout } = timeline?.dataset ?? {};
    const grid = document.querySelector('[role=treegrid]');
    const marks = [...document.querySelectorAll('[aria-pressed], [aria-selected], [aria-expanded], [aria-checked]')];
    return JSON.stringify([
      ...[location.href, t0, nsPerPx, visible, layout, grid?.getAttribute('aria-activedescendant')],
      ...[document.querySelector('h1')?.textContent, document.querySelector('[data-testid=status]')?.textContent],
      ...[document.querySelectorAll('dialog[open], [role=tab], [role=menu], .toast, .mark').length, document.activeElement?.id],
      marks.map((mark) => ['pressed', 'selected', 'expanded', 'checked'].map((what) => mark.getAttribute(`aria-${what}`)).join()).join(' '),
    ]);
  });
}

/** The look once it no longer changes. */
async function settled(): Promise<string> {
  let before = await look();
  for (let same = 0; same < 3; ) {
    await page.waitForTimeout(50);
    const now = await look();
    same = now === before ? same + 1 : 0;
    before = now;
  }
  return before;
}

const rows = KEYS.filter(({ scope, action }) => ['rows', 'timeline', 'views'].includes(scope) && !UNSEEN[action]);
const all = rows.flatMap(({ scope, action, keys }) => keys.map((key) => ({ scope, action, key })));

test.each(all)('$scope: $key does $action', async ({ action, key }) => {
  await page.goto(`${server.url}/trace/${largeId(SPANS)}?uiFind=lock&sel=5&det=0`);
  await page.locator('[data-testid=timeline][data-state=complete]').waitFor();
  await page.getByRole('row').first().waitFor();
  await page.getByRole('treegrid').focus();
  await settled();
  for (const first of BEFORE[action] ?? []) {
    await page.keyboard.press(first);
    await settled();
  }
  const before = await settled();
  for (const part of key.split(' ')) await page.keyboard.press(pressed(part));
  await expect.poll(look).not.toBe(before);
  expect(complaints).toEqual([]);
});
