import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core';
import { NOW } from './server.ts';

/**
 * The Chromium that npm brings, without a GPU and without a sandbox, which root may not have. `ownFonts` leaves it with the
 * fonts that came with it, so that texts look the same on every machine.
 */
export async function launch({ ownFonts = false } = {}): Promise<Browser> {
  chromium.setGraphicsMode = false;
  const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', '--disable-lcd-text'];
  const executablePath = await chromium.executablePath();
  const env = { ...process.env, ...(ownFonts ? { FONTCONFIG_FILE: await ownFontsOnly() } : {}) } as Record<string, string>;
  return driver.launch({ executablePath, headless: true, args, env });
}

/** A configuration with the fonts that `executablePath` has unpacked, and no others. */
async function ownFontsOnly(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wakeful-fonts-'));
  const file = join(folder, 'fonts.conf');
  const families = ['system-ui', 'sans-serif', 'ui-monospace', 'monospace']
    .map((name) => `<alias binding="same"><family>${name}</family><prefer><family>Open Sans</family></prefer></alias>`)
    .join('');
  const fonts = join(tmpdir(), 'fonts', 'fonts');
  await writeFile(file, `<fontconfig><dir>${fonts}</dir><cachedir>${folder}</cachedir>${families}</fontconfig>`);
  return file;
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
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
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
