import type { WaitsFor } from '../../data/runtime/resources.ts';
import { href } from '../../shell/router.ts';
import { sharedQuery } from '../program/keys.ts';
import { aroundCircle, sentenceOf } from './wait-layout.ts';

const WIDTH = 360;
const HEIGHT = 220;
const NODE_W = 92;
const NODE_H = 26;

/** Who holds and who waits, as a drawing and in words. */
export function WaitGraph({ graph }: { graph: WaitsFor }) {
  const places = aroundCircle(graph.nodes.length, WIDTH, HEIGHT, NODE_W, NODE_H);
  const sentence = sentenceOf(graph);
  return (
    <section>
      <h3>{graph.cycle ? 'Deadlock: they wait for each other' : 'Who waits for whom'}</h3>
      <svg class={graph.cycle ? 'waits cycle' : 'waits'} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label={sentence}>
        <defs>
          <marker id="waits-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {graph.edges.map(({ from, to, kind }) => {
          const [a, b] = [places[from], places[to]];
          if (!a || !b) return null;
          const [dx, dy] = [b.x - a.x, b.y - a.y];
          // Lines end at the boxes' edges.
          const cut = Math.min(Math.abs(NODE_W / 2 / (dx || 1e-9)), Math.abs(NODE_H / 2 / (dy || 1e-9)));
          return (
            <g key={`${from} ${to} ${kind}`} class={kind}>
              <line x1={a.x + dx * cut} y1={a.y + dy * cut} x2={b.x - dx * cut} y2={b.y - dy * cut} marker-end="url(#waits-tip)" />
              <text x={(a.x + b.x) / 2} y={(a.y + b.y) / 2 - 4}>
                {kind === 'holds' ? 'holds' : 'waits for'}
              </text>
            </g>
          );
        })}
        {graph.nodes.map(({ kind, id, title }, i) => (
          <a key={`${kind} ${id}`} href={href(kind === 'task' ? `/tasks/${id}` : `/resources/${id}`, sharedQuery())}>
            <title>{title}</title>
            <rect class={kind} x={places[i].x - NODE_W / 2} y={places[i].y - NODE_H / 2} width={NODE_W} height={NODE_H} rx={kind === 'task' ? 13 : 3} />
            <text x={places[i].x} y={places[i].y + 4}>
              {kind} {id}
            </text>
          </a>
        ))}
      </svg>
      <p class="hint">{sentence}</p>
    </section>
  );
}
