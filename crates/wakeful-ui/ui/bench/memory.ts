import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Megabytes of anonymous memory that a process has in RAM. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? Number.NaN) / 1_000;
}

/** The largest of the browser's tabs. */
export async function tabMegabytes(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const tabs = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentMegabytes(id));
  return Math.max(...tabs);
}
