import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(ts|tsx|css)$/.test(path) && !path.endsWith('.test.ts'))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join('src', path), 'utf8') }));

test.each(files)('$path', ({ path, text }) => {
  expect(text.split('\n').length, 'lines').toBeLessThanOrEqual(600);
  if (path !== 'theme/tokens.css' && path.endsWith('.css')) {
    expect(text.match(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/gi), 'colours have values in tokens.css alone').toBeNull();
  }
  expect(text, 'types').not.toMatch(/[:<]\s*any\b|\bas any\b/);
  expect(text, 'raw HTML').not.toMatch(/innerHTML|dangerouslySetInnerHTML|insertAdjacentHTML/);
  if (path.startsWith('engine/') && !path.startsWith('engine/testing/')) {
    expect(text, 'the engine imports nothing of the page').not.toMatch(/from '\.\.\//);
  }
});

test('five runtime dependencies at most', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
  expect(Object.keys(dependencies).length).toBeLessThanOrEqual(5);
});

test('the script that blocks the first paint is short', () => {
  expect(readFileSync('public/boot.js').length).toBeLessThan(1024);
});
