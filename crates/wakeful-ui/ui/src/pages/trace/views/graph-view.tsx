import { useRef, useState } from 'preact/hooks';
import { formatCount, formatDuration, plural } from '../../../engine/format.ts';
import { slotColour } from '../../../engine/slots.ts';
import { Banner } from '../../../widgets/banner.tsx';
import { Hostile, visibleControls } from '../../../widgets/hostile.tsx';
import { Swatch } from '../../../widgets/swatch.tsx';
import type { Fn } from '../analysis/flame-tree.ts';
import type { GraphNode } from '../analysis/graph-layout.ts';
import { soughtIn, useAnswer } from '../analysis/use-answer.ts';
import type { TraceModel } from '../model.ts';
import { useAddress } from '../../../shell/use-address.ts';
import './views.css';

/** More nodes than this are not drawn: nobody could read them. */
const LIMIT = 400;
const [NODE_W, NODE_H, GAP_X, GAP_Y] = [190, 44, 46, 12];

/** Spans merged by path, from left to right; a list says the same in words. */
export function GraphView({ model }: { model: TraceModel }) {
  const [as, setAs] = useAddress('graph', 'graph');
  const [scale, setScale] = useState(1);
  const { answer, busy, error } = useAnswer<'graph'>(model, { kind: 'graph', limit: LIMIT, sought: soughtIn(model) });
  const choose = (node: GraphNode) => {
    model.select(node.first);
    model.setPanel(true);
  };
  return (
    <>
      <div class="view-bar">
        <span class="segmented" role="group" aria-label="Shown as">
          {['graph', 'list'].map((name) => (
            <button key={name} type="button" aria-pressed={as === name} onClick={() => setAs(name)}>
              {name === 'graph' ? 'Graph' : 'List'}
            </button>
          ))}
        </span>
        {as === 'graph' && (
          <span class="segmented" role="group" aria-label="Size">
            <button type="button" aria-label="Smaller" onClick={() => setScale(Math.max(0.25, scale / 1.25))}>
              −
            </button>
            <button type="button" aria-label="Larger" onClick={() => setScale(Math.min(2, scale * 1.25))}>
              +
            </button>
          </span>
        )}
        <span class="hint" role="status">
          {answer && plural(answer.nodes.length, 'path')}
          {answer && answer.left > 0 && `, ${formatCount(answer.left)} deeper ones not shown: the limit of this view`}
          {!answer && !error && `from ${plural(model.facts.value?.spans ?? 0, 'span')}`}
          {busy && ' …'}
        </span>
      </div>
      {error && <Banner kind="error">The graph could not be made: {error}.</Banner>}
      {answer && as !== 'list' && <Drawing {...answer} model={model} scale={scale} setScale={setScale} onChoose={choose} />}
      {answer && as === 'list' && <List nodes={answer.nodes} fns={answer.fns} model={model} onChoose={choose} />}
    </>
  );
}

interface DrawingProps {
  nodes: readonly GraphNode[];
  fns: readonly Fn[];
  columns: number;
  rows: number;
  model: TraceModel;
  scale: number;
  setScale: (scale: number) => void;
  onChoose: (node: GraphNode) => void;
}

/** The graph; dragging pans, Ctrl with the wheel zooms. */
function Drawing({ nodes, fns, columns, rows, model, scale, setScale, onChoose }: DrawingProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<[number, number] | null>(null);
  const width = columns * (NODE_W + GAP_X);
  const height = rows * (NODE_H + GAP_Y) + GAP_Y;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const onMove = (event: PointerEvent) => {
    if (!dragged || !scroller.current) return;
    scroller.current.scrollLeft -= event.clientX - dragged[0];
    scroller.current.scrollTop -= event.clientY - dragged[1];
    setDragged([event.clientX, event.clientY]);
  };
  return (
    <div
      class="graph"
      ref={scroller}
      role="region"
      aria-label="Merged spans, drawn"
      tabIndex={0}
      onPointerDown={(event) => event.button === 0 && setDragged([event.clientX, event.clientY])}
      onPointerMove={onMove}
      onPointerUp={() => setDragged(null)}
      onPointerLeave={() => setDragged(null)}
      onWheel={(event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        setScale(Math.min(2, Math.max(0.25, scale * Math.exp(-event.deltaY * 0.002))));
      }}
    >
      <svg width={width * scale} height={height * scale} viewBox={`0 0 ${width} ${height}`} role="group" aria-label="Merged spans">
        {nodes.map((node) => {
          const above = byId.get(node.parent);
          return above && <path key={node.id} class="edge" d={edge(above, node)} aria-hidden="true" />;
        })}
        {nodes.map((node) => (
          <Node key={node.id} node={node} fn={fns[node.fn]} model={model} onChoose={() => onChoose(node)} />
        ))}
      </svg>
    </div>
  );
}

function placeOf({ column, row }: GraphNode): [number, number] {
  return [column * (NODE_W + GAP_X) + GAP_Y, row * (NODE_H + GAP_Y) + GAP_Y];
}

function edge(from: GraphNode, to: GraphNode): string {
  const [x0, y0] = placeOf(from);
  const [x1, y1] = placeOf(to);
  const [a, b] = [y0 + NODE_H / 2, y1 + NODE_H / 2];
  const middle = x1 - GAP_X / 2;
  return `M${x0 + NODE_W} ${a}C${middle} ${a} ${middle} ${b} ${x1} ${b}`;
}

function Node({ node, fn, model, onChoose }: { node: GraphNode; fn: Fn | undefined; model: TraceModel; onChoose: () => void }) {
  const [x, y] = placeOf(node);
  const slot = slotColour(model.services.value.find(({ name }) => name === fn?.service)?.slot ?? 0);
  const [name, service] = [visibleControls(fn?.name ?? ''), visibleControls(fn?.service ?? '')];
  const short = shortened(name, 24);
  const failed = node.errors > 0 ? ' !' : '';
  const figures = `×${formatCount(node.count)} ${formatDuration(node.total)}, self ${formatDuration(node.self)}`;
  // What is heard begins with what is read.
  const said = `${short} ${figures}${failed}, ${service}${node.errors > 0 ? `, ${plural(node.errors, 'error')}` : ''}${node.hits > 0 ? `, ${formatCount(node.hits)} found` : ''}`;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    onChoose();
  };
  return (
    <g
      class={node.hits > 0 ? 'node hit' : 'node'}
      transform={`translate(${x} ${y})`}
      role="button"
      // In SVG the attribute has no capital.
      tabindex={0}
      aria-label={said}
      onClick={onChoose}
      onKeyDown={onKeyDown}
    >
      <rect width={NODE_W} height={NODE_H} rx="4" />
      <rect class="colour" width="6" height={NODE_H} rx="3" style={{ fill: slot > 0 ? `var(--svc-${slot})` : 'var(--line-2)' }} />
      <text>
        <tspan x="14" y="18">
          {short}
        </tspan>
        <tspan x="14" y="35" class="figures">
          {` ${figures}`}
        </tspan>
        <tspan class="errors">{failed}</tspan>
      </text>
    </g>
  );
}

function shortened(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}

interface ListProps {
  nodes: readonly GraphNode[];
  fns: readonly Fn[];
  model: TraceModel;
  onChoose: (node: GraphNode) => void;
}

function List({ nodes, fns, model, onChoose }: ListProps) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const listed = [...nodes].sort((a, b) => b.total - a.total);
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Merged spans, listed">
      <table class="figures">
        <thead>
          <tr>
            {['Span Name', 'Called by', 'Count', 'Total', 'Self', 'Errors'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {listed.map((node) => {
            const fn = fns[node.fn];
            const above = byId.get(node.parent);
            return (
              <tr key={node.id} class={node.hits > 0 ? 'hit' : ''}>
                <th scope="row">
                  <Swatch slot={model.services.value.find(({ name }) => name === fn?.service)?.slot ?? 0} />
                  <button type="button" class="link" onClick={() => onChoose(node)}>
                    <Hostile text={fn?.name ?? ''} />
                  </button>
                </th>
                <td class="text">{above ? <Hostile text={fns[above.fn]?.name ?? ''} /> : '–'}</td>
                <td>{formatCount(node.count)}</td>
                <td>{formatDuration(node.total)}</td>
                <td>{formatDuration(node.self)}</td>
                <td class={node.errors > 0 ? 'errors' : ''}>{formatCount(node.errors)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
