import type { Page } from 'playwright-core';
import type { Lanes } from '../src/data/runtime/lane-kinds.ts';
import { decodeLanes } from '../src/data/runtime/lanes.ts';
import type { Server } from './server.ts';

/** A span that a program has sent. */
export interface Stored {
  operation: string;
  trace: string;
  id: string;
  row: number;
}

interface Trace {
  traceID: string;
  spans: { spanID: string; operationName: string; processID: string }[];
  processes: Record<string, { serviceName: string }>;
}

/** The latest spans of an operation. */
export async function spansOf(server: Server, wanted: { service: string; operation: string; minDuration?: string }): Promise<Stored[]> {
  const answer = await fetch(`${server.url}/api/traces?${new URLSearchParams({ limit: '20', lookback: '1h', ...wanted })}`);
  if (!answer.ok) throw new Error(`traces were not found: ${answer.status} ${await answer.text()}`);
  const { data } = (await answer.json()) as { data: Trace[] };
  const found = data.map(async ({ traceID, spans, processes }) => {
    const ids = spans
      .filter(({ operationName, processID }) => operationName === wanted.operation && processes[processID].serviceName === wanted.service)
      .map(({ spanID }) => spanID);
    const rows = await fetch(`${server.url}/api/ui/trace/${traceID}/rows?${new URLSearchParams({ ids: ids.join(',') })}`);
    const numbers = ((await rows.json()) as { rows: (number | null)[] }).rows;
    return ids.flatMap((id, at) => (numbers[at] === null ? [] : [{ operation: wanted.operation, trace: traceID, id, row: numbers[at] }]));
  });
  return (await Promise.all(found)).flat();
}

/** The lanes of a span; null while its task is not known, or if the trace has grown meanwhile and has numbered its rows anew. */
export async function lanesOf(server: Server, { operation, trace, row }: Stored): Promise<Lanes | null> {
  const answer = await fetch(`${server.url}/api/ui/trace/${trace}/span/${row}/lanes?px=1600`);
  if (!answer.ok) return null;
  const lanes = decodeLanes(new Uint8Array(await answer.arrayBuffer()));
  return lanes.taskId === '' || lanes.heads[0].name !== operation ? null : lanes;
}

/** Opens a span on its trace's page into lanes, by its key. */
export async function openedOf(page: Page, server: Server, { trace, id }: Stored): Promise<void> {
  await page.goto(`${server.url}/trace/${trace}?sel=${id}`);
  await page.locator('article.trace[data-state=complete]').waitFor();
  await page.locator('.row[aria-selected=true]').waitFor();
  await page.keyboard.press('x');
  await page.locator('.span-lane').first().waitFor();
}
