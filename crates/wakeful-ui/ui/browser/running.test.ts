import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KIND, type Lanes } from '../src/data/runtime/lane-kinds.ts';
import { launch, open } from './browser.ts';
import { lanesOf, openedOf, spansOf, type Stored } from './recorded.ts';
import { builtBy, type Server, start, startDemo } from './server.ts';

/** Spans of programs that really ran, opened into the polls that they were made of. */
let demo: Server;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [demo, server, browser] = await Promise.all([startDemo(100), start({ miniRedis: false, large: 0 }), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([demo?.stop(), server?.stop()]);
});

/** So many reports of the shop are looked at: the system may take the processor from one of them at any place. */
const REPORTS = 9;

test('the polls of a span add up to its busy time', { timeout: 300_000 }, async () => {
  const shares = new Map<string, number>();
  await expect
    .poll(
      async () => {
        // The report hashes for 20 ms on its worker.
        for (const span of await spansOf(demo, { service: 'inventory', operation: 'GET /report' })) {
          const lanes = shares.has(span.id) ? null : await lanesOf(demo, span);
          if (lanes?.sums?.busy && lanes.sums.polled) shares.set(span.id, lanes.sums.polled / lanes.sums.busy);
        }
        return shares.size;
      },
      { timeout: 120_000 },
    )
    .toBeGreaterThanOrEqual(REPORTS);
  const sorted = [...shares.values()].sort((a, b) => a - b);
  expect(Math.abs(sorted[Math.floor(sorted.length / 2)] - 1)).toBeLessThan(0.01);
});

/** A span that waited for the stock, was woken by a report's task, and found its worker hashing. */
interface Victim {
  span: Stored;
  lanes: Lanes;
}

async function victim(): Promise<Victim> {
  let found: Victim | undefined;
  const known = new Set<string>();
  const look = async () => {
    for (const span of await spansOf(demo, { service: 'inventory', operation: 'lock stock', minDuration: '15ms' })) {
      if (found || known.has(span.id)) continue;
      known.add(span.id);
      const lanes = await lanesOf(demo, span);
      const [blamed] = lanes?.blame ?? [];
      const woken = lanes ? Array.from({ length: lanes.count }, (_, row) => row).filter((row) => lanes.kind[row] === KIND.wake) : [];
      // By no other task: the first wait for the worker is the one that the holder ended.
      const byBlamed = woken.every((row) => lanes && lanes.byTask[row] === blamed?.task && lanes.source[row] < lanes.count && lanes.other[row] < lanes.count);
      if (lanes && blamed?.span?.operation === 'hash stock' && woken.length > 0 && byBlamed) found = { span, lanes };
    }
    return found !== undefined;
  };
  await expect.poll(look, { timeout: 240_000, interval: 500 }).toBe(true);
  if (!found) throw new Error('there is one now');
  return found;
}

const polls = (page: Page) => page.locator('.polls');

test('who held the worker is named and linked, and the arrow of the wake leads to its poll', { timeout: 400_000 }, async () => {
  const { span, lanes } = await victim();
  const [holder] = lanes.blame;
  const { page, complaints } = await open(browser);
  await openedOf(page, demo, span);
  const blame = page.getByRole('table', { name: 'Who held the workers while the task was scheduled' }).getByRole('row').nth(1);
  await expect.poll(() => blame.innerText()).toMatch(new RegExp(`^${holder.task} connection\\s+inventory: hash stock\\s+\\S*src/server\\.rs:\\d+:\\d+\\s+worker 0\\s`));

  // Into the lanes, to the wait for the worker, to the poll after it, and back along the arrow of the wake. What else that poll woke
  // differs from run to run: `program.test.ts` walks on.
  for (const lane of ['lock stock', `task ${lanes.taskId} connection`]) {
    await page.keyboard.press('j');
    await polls(page).locator('strong', { hasText: lane }).waitFor();
  }
  for (let step = 0; !(await polls(page).innerText()).includes('scheduled:'); step++) {
    expect(step, 'the wait for the worker is in the lane').toBeLessThan(lanes.count);
    const before = await polls(page).innerText();
    await page.keyboard.press('.');
    await expect.poll(() => polls(page).innerText()).not.toBe(before);
  }
  await page.keyboard.press('.');
  await polls(page).getByText(`poll · task ${lanes.taskId}`).waitFor();
  await page.keyboard.press('[');
  await polls(page).getByText(`poll · connection · task ${holder.task}`).waitFor();

  // To the task that held it, and back; and to the span of who held the worker.
  const toSpan = await blame.getByRole('link', { name: 'inventory: hash stock' }).getAttribute('href');
  await blame.getByRole('link', { name: `${holder.task} connection` }).click();
  await page.getByRole('heading', { name: `Task ${holder.task} connection` }).waitFor();
  await page.goBack();
  await page.locator('.span-lane', { hasText: `task ${lanes.taskId}` }).waitFor();
  expect(toSpan).toContain(holder.span?.traceId);
  await page.goto(new URL(toSpan ?? '', page.url()).href);
  await page.locator('.row[aria-selected=true]', { hasText: 'hash stock' }).waitFor();
  expect(complaints).toEqual([]);
});

test('a lock that everybody fights over: how often it was taken, how long the waits took, and how long it was held', async () => {
  const programs = (await (await fetch(`${demo.url}/api/ui/programs`)).json()) as { programs: { id: string; service: string }[] };
  const inventory = programs.programs.find(({ service }) => service === 'inventory');
  const { page, complaints } = await open(browser);
  await page.goto(`${demo.url}/resources?program=${inventory?.id}`);
  await page.getByRole('grid', { name: 'Resources' }).getByRole('link').first().click();
  await page.getByRole('heading', { name: /^Mutex \d+/ }).waitFor();
  await page.getByText(/[\d,]+ times, [\d,]+ after a wait/).waitFor();
  await page.getByRole('img', { name: /^Waits that ended then: p10/ }).waitFor();
  await page.getByRole('img', { name: /^Holds that ended then, one of 32 timed: p10/ }).waitFor();
  expect(complaints).toEqual([]);
});

test('two steps and a sleep are one task, two polls, one wake and a hundred milliseconds idle', { timeout: 200_000 }, async () => {
  const env = { PATH: process.env.PATH, OTEL_SERVICE_NAME: 'two-steps', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_ENDPOINT: `http://${server.otlp}` };
  await promisify(execFile)(join(builtBy('WAKEFUL_EXAMPLES'), 'two_steps'), { env });
  const steps = { service: 'two-steps', operation: 'steps' };
  await expect.poll(async () => (await spansOf(server, steps)).length).toBe(1);
  const [span] = await spansOf(server, steps);
  await expect.poll(() => lanesOf(server, span)).not.toBeNull();
  const lanes = await lanesOf(server, span);
  const { polls: count, wakes, polled, scheduled, idle, notPolled } = lanes?.sums ?? {};
  expect([count, wakes]).toEqual([2, 1]);
  // A timer is never early; how late it is, how long a poll waits, and how long the poll takes that begins to sleep, is the machine's affair.
  expect((idle ?? 0) + (polled ?? 0)).toBeGreaterThan(99e6);
  const whole = (lanes?.to ?? 0) - (lanes?.from ?? 0);
  expect(Math.abs(((polled ?? 0) + (scheduled ?? 0) + (idle ?? 0) + (notPolled ?? 0)) / whole - 1)).toBeLessThan(0.01);

  const { page, complaints } = await open(browser);
  await openedOf(page, server, span);
  await polls(page).getByText('2 polls').waitFor();
  await polls(page).getByText('1 wake').waitFor();
  const names = await page.locator('.span-lane .text').allInnerTexts();
  expect(names.slice(0, 4)).toEqual(['steps', `task ${lanes?.taskId} two steps`, 'wakes', 'worker 0']);
  expect(complaints).toEqual([]);
});
