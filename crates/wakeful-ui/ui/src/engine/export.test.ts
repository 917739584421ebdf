import { expect, test } from 'vitest';
import type { ExportOrder } from './export.ts';
import { exportSvg, SHAPES_MAX } from './export-svg.ts';
import { THEME } from './testing/picture.ts';
import { type Line, sceneOf, viewOf } from './testing/scenes.ts';

const measure = (text: string) => text.length * 6;

function svgOf(lines: Line[], change: Partial<ExportOrder> = {}) {
  const view = viewOf({ w: 600, h: 40, rowPx: 20, barTop: 4, barPx: 12 });
  const order: ExportOrder = {
    format: 'svg',
    scale: 1,
    view,
    title: 'shop: <checkout> & "pay"',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    window: '0 to 500 ns',
    lost: '0',
    ...change,
  };
  return exportSvg(sceneOf(lines), THEME, order, '11px sans', measure);
}

test('an SVG has title, description, names as text, axis and bars', () => {
  const svg = svgOf([[1, 'shop/<b>run', 0, 500], [2, 'db/select', 100, 50, 2]], { lost: '12' });
  const text = 'text' in svg ? svg.text : svg.problem;
  expect(text).toMatch(/^<svg [^>]*role="img"/);
  expect(text).toContain('<title id="title">shop: &#60;checkout&#62; &#38; &#34;pay&#34;</title>');
  expect(text).toContain('2 rows, 1 in error; trace 4bf92f3577b34da6a3ce929d0e0e4736');
  expect(text).toContain('>&#60;b&#62;run</text>');
  expect(text).toContain('>select !</text>');
  expect(text).toContain('12 records lost');
  expect(text).toContain('>100 ns</text>');
  expect(text).toContain('<rect x="100" y="24" width="50" height="3" fill="#ff0000"/>');
  expect(text).not.toContain('<b>');
});

test('more shapes than an SVG may have are said, and what to do', () => {
  const lines: Line[] = [[1, 'run', 0, 100_000]];
  for (let i = 0; i < 30_000; i++) lines.push([2, `leaf ${i % 2}`, i, 1]);
  const svg = svgOf(lines, { view: viewOf({ w: 600, h: 20 * 30_000, rowPx: 20, nsPerPx: 200 }) });
  expect(svg).toEqual({ problem: expect.stringMatching(/^this view has \d+,\d+ shapes, more than the 20,000 .*export PNG$/) });
  expect(SHAPES_MAX).toBe(20_000);
});
