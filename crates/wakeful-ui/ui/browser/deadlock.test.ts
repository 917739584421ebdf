import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, open } from './browser.ts';
import { builtBy, type Server, start } from './server.ts';

/** A program that really deadlocks, as the page shows it: `examples/deadlock.rs`. */
let server: Server;
let browser: Browser;
let program: ChildProcess;

beforeAll(async () => {
  [server, browser] = await Promise.all([start({ miniRedis: false, large: 0 }), launch()]);
  const env = { PATH: process.env.PATH, OTEL_SERVICE_NAME: 'bank', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_ENDPOINT: `http://${server.otlp}` };
  program = spawn(join(builtBy('WAKEFUL_EXAMPLES'), 'deadlock'), { env, stdio: 'ignore' });
});

afterAll(async () => {
  program?.kill('SIGKILL');
  await browser?.close();
  await server?.stop();
});

interface Deadlock {
  name: string;
  tasks: string[];
  resources: string[];
}

async function programId(): Promise<string | undefined> {
  const { programs } = (await (await fetch(`${server.url}/api/ui/programs`)).json()) as { programs: { id: string; service: string }[] };
  return programs.find(({ service }) => service === 'bank')?.id;
}

/** The deadlocks that the server finds in it. */
async function found(): Promise<Deadlock[]> {
  const id = await programId();
  if (!id) return [];
  const { findings } = (await (await fetch(`${server.url}/api/ui/findings?program=${id}`)).json()) as { findings: Deadlock[] };
  return findings.filter(({ name }) => name === 'deadlock');
}

const SOURCE = 'crates/wakeful/examples/deadlock.rs';

/** Both tasks with where they were spawned, and both locks with where they were made. */
const PARTS = [/task \d+ \(pay\)/, /task \d+ \(cancel\)/, 'Mutex `accounts`', 'Mutex `orders`', `${SOURCE}:11`, `${SOURCE}:12`, `${SOURCE}:14`, `${SOURCE}:18`, 'in the same order'];

async function says(words: Locator): Promise<void> {
  await words.waitFor();
  const text = await words.innerText();
  for (const part of PARTS) expect(text).toMatch(typeof part === 'string' ? new RegExp(part.replaceAll('.', '\\.')) : part);
}

/** The locks in the list of resources, each with its mark and who holds it. */
async function listed(page: Page): Promise<void> {
  const rows = page.getByRole('grid', { name: 'Resources' }).getByRole('row').filter({ hasText: 'Mutex' });
  await expect.poll(() => rows.count()).toBe(2);
  for (const name of ['accounts', 'orders']) {
    const row = rows.filter({ hasText: name });
    await row.locator('.lint', { hasText: 'deadlock' }).waitFor();
    await row.locator('.holder').getByRole('link').waitFor();
  }
}

async function excess(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

const WINDOWS = { desk: { width: 1280, height: 720 }, narrow: { width: 375, height: 812 } };

for (const [name, viewport] of Object.entries(WINDOWS)) {
  test(`both tasks, both locks and all places are named, ${name}`, async () => {
    await expect.poll(async () => (await found()).length, { timeout: 60_000 }).toBe(1);
    const [{ tasks, resources }] = await found();
    expect([tasks.length, new Set(resources).size]).toEqual([2, 2]);
    const { page, complaints } = await open(browser, { viewport });
    const program = await programId();
    await page.goto(`${server.url}/tasks?program=${program}`);
    await says(page.getByRole('alert'));
    expect(await excess(page)).toBeLessThanOrEqual(0);

    // From the alert to a task, from there to the lock that it waits for, which draws the circle.
    await page.getByRole('alert').getByRole('link', { name: `task ${tasks[0]}` }).click();
    await page.getByRole('heading', { name: new RegExp(`^Task ${tasks[0]} (pay|cancel)`) }).waitFor();
    await says(page.getByRole('list', { name: 'Warnings' }));
    await page.getByText(/waits for Mutex \d+/).getByRole('link', { name: /^Mutex \d+/ }).click();
    await page.getByRole('heading', { name: 'Deadlock: they wait for each other' }).waitFor();
    const circle = page.locator('svg.waits.cycle');
    for (const task of tasks) await circle.getByText(`task ${task}`, { exact: true }).waitFor();
    for (const resource of resources) await circle.getByText(`resource ${resource}`, { exact: true }).waitFor();
    expect(await excess(page)).toBeLessThanOrEqual(0);

    await page.goto(`${server.url}/resources?program=${program}`);
    await listed(page);
    expect(await excess(page)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  });
}
