import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { violations } from './axe.ts';
import { launch, open } from './browser.ts';
import { startMock } from './mock-server.ts';
import { NOW, type Server, start } from './server.ts';

/** The pages about a program. The page comes from the binary; what the program reported is generated, so that it is known. */
let server: Server;
let mock: Server;
let browser: Browser;

beforeAll(async () => {
  mock = await startMock(null, NOW, { miniRedis: true, large: 0 });
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), mock?.stop()]);
});

const TRACE = '/trace/4bf92f3577b34da6a3ce929d0e0e4736';

/** A page whose answers are the mock's; `watched` is what the stream of changes says. */
async function opened(at: string, watched: object[] = []): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await open(browser);
  await page.route('**/api/**', async (route) => {
    const { pathname, search } = new URL(route.request().url());
    if (pathname.endsWith('/api/ui/watch')) return watched.length === 0 ? undefined : route.fulfill({ body: watched.map((line) => `${JSON.stringify(line)}\n`).join('') });
    if (pathname.endsWith('/watch')) return;
    // A page that is closed goes on asking for a moment.
    const answer = await route.fetch({ url: `${mock.url}${pathname}${search}` }).catch(() => null);
    return answer && route.fulfill({ response: answer, headers: { ...answer.headers(), 'x-wakeful-ui': '' } }).catch(() => undefined);
  });
  await page.goto(`${server.url}${at}`);
  return { page, complaints };
}

const tasks = (page: Page) => page.getByRole('grid', { name: 'Tasks' });
const ids = (page: Page) => page.locator('.vtable .tasks .id').allInnerTexts();

test('a deadlock is told with both tasks and both places, and leads to them', async () => {
  const { page, complaints } = await opened('/tasks');
  const alert = page.getByRole('alert');
  await alert.waitFor();
  const text = await alert.innerText();
  for (const part of ['task 13', 'task 14', 'src/a.rs:10:5', 'src/a.rs:11:5', 'the same order']) expect(text).toContain(part);
  await alert.getByRole('link', { name: 'task 13' }).click();
  await page.getByRole('heading', { name: 'Task 13 accept' }).waitFor();
  await page.getByText('waits for Mutex 8').waitFor();
  expect(complaints).toEqual([]);
});

test('tasks by keyboard alone: rows, sort, a task, and back', async () => {
  const { page } = await opened('/tasks');
  await tasks(page).getByRole('row').nth(1).waitFor();
  await tasks(page).focus();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect.poll(() => new URL(page.url()).searchParams.get('sel')).toBe('2');
  expect(await page.locator('[aria-selected=true] .id').innerText()).toBe('2');
  await page.keyboard.press('l');
  await expect.poll(() => page.locator('[aria-sort]').innerText()).toContain('Busy');
  await page.keyboard.press('i');
  await expect.poll(() => page.locator('[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Task 2 connection' }).waitFor();
  await page.keyboard.press('Escape');
  await tasks(page).waitFor();
  await page.keyboard.press('u');
  await page.getByRole('grid', { name: 'What the workers did' }).waitFor();
  await page.keyboard.press('r');
  await page.getByRole('grid', { name: 'Resources' }).waitFor();
});

test('what a build cannot tell is said to be so, with the line that would', async () => {
  const { page } = await opened('/tasks?filter=apply.rs');
  const cell = tasks(page).getByText('n/a').first();
  await cell.waitFor();
  expect(await cell.getAttribute('title')).toContain('features = ["tracing"]');
  await page.getByRole('button', { name: 'Insight: hooks' }).click();
  await page.getByRole('dialog').getByText('tokio = { version = "1", features = ["tracing"] }').waitFor();
});

test('rows change where they stand; new ones wait until they are asked for', async () => {
  const at = String(BigInt(NOW) * 1_000_000n + 1_000_000_000n);
  const counts = { tasks: 42, running: 3, scheduled: 3, idle: 32, done: 4 };
  const row = (id: string, name: string) => ({ id, name, state: 'running', startUnixNanos: String(BigInt(NOW) * 1_000_000n), endUnixNanos: null, polls: 77_777, lints: [] });
  const line = { type: 'tasks', atUnixNanos: at, gone: [], counts, lost: 0 };
  const all = Array.from({ length: 40 }, (_, i) => ({ ...row(String(i + 1), 'kept'), state: 'idle' }));
  const { page } = await opened('/tasks', [
    { ...line, changed: all },
    { ...line, changed: [row('3', 'changed'), row('901', 'came')] },
  ]);
  await page.getByText('changed', { exact: true }).waitFor();
  const before = await ids(page);
  expect(before).not.toContain('901');
  await page.getByRole('button', { name: '1 new, show' }).click();
  await expect.poll(() => page.getByText('1 new, show').count()).toBe(0);
  await page.getByRole('searchbox', { name: 'Filter' }).waitFor();
});

test('an instant of the past stands in the address, and is not live', async () => {
  const { page } = await opened('/tasks');
  await tasks(page).getByRole('row').nth(1).waitFor();
  await page.getByRole('button', { name: '10 s earlier' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get('at')).toBe(String((BigInt(NOW) - 10_000n) * 1_000_000n));
  expect(await page.getByRole('button', { name: 'Live' }).isDisabled()).toBe(true);
  await page.reload();
  await page.getByRole('button', { name: 'Now', exact: true }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get('at')).toBeNull();
});

test('a span opens into its polls: sums, the wake, who held the worker', async () => {
  const { page, complaints } = await opened(`${TRACE}?sel=1`);
  await page.locator('[data-testid=timeline][data-state=complete]').waitFor();
  await page.getByRole('row').nth(1).waitFor();
  await page.keyboard.press('x');
  const lane = (name: string) => page.locator('.span-lane', { hasText: name });
  await lane('task 17').waitFor();
  expect(await page.locator('.span-lane .text').allInnerTexts()).toEqual(['apply', 'task 17', 'wakes', 'worker 0', 'blame']);
  await page.getByText('2 polls').waitFor();
  const blame = page.getByRole('table', { name: 'Who held the workers while the task was scheduled' });
  expect(await blame.getByRole('row').nth(1).innerText()).toMatch(/21 compact\s+mini-redis: compact log\s+src\/compact\.rs:12:5\s+worker 0/);
  // The late poll, and from it back to the poll that woke it.
  const box = await lane('task 17').boundingBox();
  const bars = await page.locator('.timeline canvas').first().boundingBox();
  if (!box || !bars) throw new Error('the lane has no place');
  const end = bars.x + (bars.width * (1_200_000 + 310_000 - 10_000)) / 5_214_907;
  await page.mouse.click(end, box.y + box.height / 2);
  await page.locator('.polls').getByText('poll · task 17').waitFor();
  await page.keyboard.press('[');
  await page.locator('.polls').getByText('poll · compact · task 21').waitFor();
  await page.keyboard.press(']');
  await page.locator('.polls').getByText('poll · task 17').waitFor();
  await page.getByRole('link', { name: 'task 17' }).first().waitFor();
  await page.keyboard.press('x');
  await expect.poll(() => page.locator('.span-lane').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('a runtime: a poll of a worker is found by keys, and leads to its task', async () => {
  const { page } = await opened('/runtime');
  const workers = page.getByRole('grid', { name: 'What the workers did' });
  await workers.focus();
  await page.keyboard.press('.');
  await page.getByText('polls that were told as a sum').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press(',');
  await page.getByText(/^poll · task|parked/).first().waitFor();
  expect(await page.getByRole('img', { name: /Longest poll: most 240 ms/ }).count()).toBe(1);
});

test('a resource: who holds it, who waits, and the cycle in words', async () => {
  const { page } = await opened('/resources');
  const resources = page.getByRole('grid', { name: 'Resources' });
  await resources.getByRole('row').nth(1).waitFor();
  expect(await resources.getByRole('row').count()).toBe(6);
  await page.getByRole('checkbox', { name: 'Internal ones (1)' }).check();
  await expect.poll(() => resources.getByRole('row').count()).toBe(7);
  await resources.getByRole('link', { name: '7', exact: true }).click();
  await page.getByRole('group', { name: 'task 13 waits for Mutex src/a.rs:11:5; task 14 holds Mutex src/a.rs:11:5' }).waitFor();
  await page.getByRole('link', { name: 'task 14' }).first().waitFor();
});

test.each(['/tasks', '/tasks?group=location', '/tasks/13', '/resources', '/resources/7', '/runtime'])('nothing stands in a reader’s way on %s', async (at) => {
  const { page } = await opened(at);
  await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
  await page.locator('.vtable [role=row], [data-testid=lanes]').first().waitFor();
  expect(await violations(page)).toEqual([]);
});
