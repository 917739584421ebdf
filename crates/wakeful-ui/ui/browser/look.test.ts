import { test } from 'vitest';
import { launch, open } from './browser.ts';
import { startAny } from './server.ts';
test('look', async () => {
  const server = await startAny(1_000_000);
  const browser = await launch();
  for (const [name, opts] of [['dark', { colorScheme: 'dark' }], ['narrow', { viewport: { width: 375, height: 812 } }], ['wide', { viewport: { width: 1920, height: 1000 }, colorScheme: 'dark' }]] as const) {
    const { page, complaints } = await open(browser, opts as object);
    await page.goto(server.url + '/search?service=__all_services__&lookback=1h&limit=20');
    await page.waitForTimeout(700);
    await page.screenshot({ path: `/tmp/look/${name}-results.png` });
    for (const [n, id] of [['1421', '1421'.padStart(32, 'a')], ['100k', '100000'.padStart(32, 'a')]]) {
      await page.goto(server.url + '/trace/' + id);
      await page.waitForFunction(() => performance.getEntriesByName('wakeful:complete').length > 0, undefined, { timeout: 20000 }).catch((e) => complaints.push(String(e)));
      await page.waitForTimeout(300);
      await page.screenshot({ path: `/tmp/look/${name}-${n}.png` });
    }
    await page.getByRole('textbox', { name: 'Find in names' }).fill('INSERT');
    await page.waitForTimeout(200);
    await page.locator('[role=treegrid]').focus();
    await page.keyboard.press('e');
    await page.keyboard.press('w');
    await page.keyboard.press('w');
    await page.waitForTimeout(400);
    await page.screenshot({ path: `/tmp/look/${name}-detail.png` });
    await page.keyboard.press('?');
    await page.waitForTimeout(200);
    await page.screenshot({ path: `/tmp/look/${name}-help.png` });
    console.log(name, complaints, page.url());
  }
  await browser.close();
  await server.stop();
}, 120000);
