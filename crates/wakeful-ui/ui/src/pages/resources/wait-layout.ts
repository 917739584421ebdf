import type { WaitsFor } from '../../data/runtime/resources.ts';

/** The middles of so many boxes around a circle, the first at the top, none cut off. */
export function aroundCircle(count: number, width: number, height: number, boxWidth: number, boxHeight: number): { x: number; y: number }[] {
  const [rx, ry] = [(width - boxWidth) / 2 - 2, (height - boxHeight) / 2 - 2];
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / Math.max(1, count) - Math.PI / 2;
    return { x: Math.round(width / 2 + rx * Math.cos(angle)), y: Math.round(height / 2 + ry * Math.sin(angle)) };
  });
}

/** The graph in words: who holds what, and who waits for what. */
export function sentenceOf({ nodes, edges }: WaitsFor): string {
  const name = (at: number) => (nodes[at] ? nodes[at].title || `${nodes[at].kind} ${nodes[at].id}` : 'something');
  return edges.map(({ from, to, kind }) => `${name(from)} ${kind === 'holds' ? 'holds' : 'waits for'} ${name(to)}`).join('; ');
}
