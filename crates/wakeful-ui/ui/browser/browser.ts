import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core';
import { NOW } from './server.ts';

/** The Chromium that npm brings, without a GPU and without a sandbox, which root may not have. */
export async function launch(): Promise<Browser> {
  chromium.setGraphicsMode = false;
  const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', '--disable-lcd-text'];
  return driver.launch({ executablePath: await chromium.executablePath(), headless: true, args });
}

/** A page, and everything that went wrong in it: it stays empty in a good test. */
export interface Watched {
  page: Page;
  complaints: string[];
}

/** The page's clock stands still, timers run; `measured` leaves it alone, because the marks of a page need it. */
export async function open(
  browser: Browser,
  { measured = false, ...options }: BrowserContextOptions & { measured?: boolean } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    ...options,
  });
  const page = await context.newPage();
  if (!measured) await page.clock.setFixedTime(NOW);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') complaints.push(`request to ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return { page, complaints };
}
