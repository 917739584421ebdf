import { useEffect, useRef, useState } from 'preact/hooks';
import { formatCount, formatDuration, formatExact, plural } from '../../../engine/format.ts';
import { slotColour } from '../../../engine/slots.ts';
import { actionOf } from '../../../shell/keys.ts';
import { letterKeys } from '../../../shell/settings.ts';
import { Banner } from '../../../widgets/banner.tsx';
import { Hostile, visibleControls } from '../../../widgets/hostile.tsx';
import { Icon } from '../../../widgets/icon.tsx';
import type { Box } from '../analysis/flame-boxes.ts';
import type { Fn, Transform, Weight } from '../analysis/flame-tree.ts';
import { soughtIn, useAnswer } from '../analysis/use-answer.ts';
import type { TraceModel } from '../model.ts';
import { panned, transformsIn, transformsText, type Window, zoomed } from './flame-keys.ts';
import { useAddress } from '../../../shell/use-address.ts';
import './views.css';

const ROW_PX = 22;
/** Narrower boxes are not drawn. */
const LEAST_PX = 1.5;
/** A box has room for its name from this width on. */
const LABEL_PX = 28;
const ALL: Window = [0, 1];

const DOES: Record<Transform['do'], string> = {
  focus: 'focus',
  'focus-subtree': 'focus subtree',
  merge: 'merge',
  'merge-node': 'merge node',
  collapse: 'collapse',
  'collapse-recursion': 'collapse recursion',
  drop: 'drop',
};

/** Spans merged by path; the width is their self time, or their total time. */
export function FlameView({ model }: { model: TraceModel }) {
  const [weightText, setWeight] = useAddress('weight', 'self');
  const [text, setText] = useAddress('t', '');
  const [window, setWindow] = useState<Window>(ALL);
  const [active, setActive] = useState(-1);
  const [width, setWidth] = useState(0);
  const host = useRef<HTMLDivElement>(null);
  const weight: Weight = weightText === 'total' ? 'total' : 'self';
  const transforms = transformsIn(text);
  const least = (LEAST_PX * (window[1] - window[0])) / Math.max(1, width);
  const { answer, busy, error } = useAnswer<'flame'>(model, { kind: 'flame', sought: soughtIn(model), weight, transforms, least, window });
  useEffect(() => {
    if (!host.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);

  const boxes = answer?.list ?? [];
  const chosen = boxes.find(({ id }) => id === active);
  const transform = (next: Transform) => {
    setText(transformsText([...transforms, next]));
    setWindow(ALL);
  };
  const undo = () => {
    setText(transformsText(transforms.slice(0, -1)));
    setWindow(ALL);
  };
  const fitBox = (box: Box) => setWindow([box.left, Math.min(1, box.left + box.width)]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key.length === 1 && !letterKeys.peek()) return;
    const action = actionOf(event, ['flame', 'views', 'global']);
    if (action === null || !perform(action, event.shiftKey ? 5 : 1)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const perform = (action: string, far: number): boolean => {
    const middle = chosen ? chosen.left + chosen.width / 2 : (window[0] + window[1]) / 2;
    switch (action) {
      case 'zoom-in':
        setWindow(zoomed(window, 1.25 ** -far, middle));
        return true;
      case 'zoom-out':
        setWindow(zoomed(window, 1.25 ** far, middle));
        return true;
      case 'pan-left':
        setWindow(panned(window, -0.1 * far));
        return true;
      case 'pan-right':
        setWindow(panned(window, 0.1 * far));
        return true;
      case 'fit-all':
        setWindow(ALL);
        return true;
      case 'fit-selection':
        if (chosen) fitBox(chosen);
        return true;
      case 'caller':
      case 'callee':
      case 'next-sibling':
      case 'previous-sibling':
        setActive(walked(boxes, chosen, action)?.id ?? active);
        return true;
      case 'undo':
        undo();
        return true;
    }
    const of = /^(focus|merge|collapse|drop)(-subtree|-node|-recursion)?$/.test(action) ? (action as Transform['do']) : null;
    if (of === null || !chosen) return of !== null;
    transform({ do: of, of: of === 'focus-subtree' || of === 'merge-node' ? chosen.id : chosen.fn });
    return true;
  };
  const onWheel = (event: WheelEvent) => {
    const box = host.current?.getBoundingClientRect();
    if (!box || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    const at = window[0] + ((event.clientX - box.left) / box.width) * (window[1] - window[0]);
    if (event.shiftKey) setWindow(panned(window, (event.deltaX || event.deltaY) / box.width));
    else setWindow(zoomed(window, Math.exp(event.deltaY * 0.002), at));
  };

  const fns = answer?.fns ?? [];
  return (
    <>
      <div class="view-bar">
        <label class="field">
          Width
          <select value={weight} onChange={(event) => setWeight(event.currentTarget.value)}>
            <option value="self">self time</option>
            <option value="total">total time</option>
          </select>
        </label>
        <ol class="transforms" aria-label="Transforms">
          {transforms.map((each, index) => (
            <li key={index}>
              <button type="button" title="Undo from here on" onClick={() => setText(transformsText(transforms.slice(0, index)))}>
                {DOES[each.do]} {each.do === 'focus-subtree' || each.do === 'merge-node' ? '' : <Hostile text={fns[each.of]?.name ?? ''} />}{' '}
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ol>
        <span class="hint" role="status">
          {answer && `${formatDuration(answer.weight)} of ${weight} time`}
          {answer && answer.left > 0 && ` · ${plural(answer.left, 'path')} too narrow to draw`}
          {!answer && !error && `from ${plural(model.facts.value?.spans ?? 0, 'span')}`}
          {busy && ' …'}
        </span>
        <button type="button" disabled={window[0] === 0 && window[1] === 1} title="Show all (0)" onClick={() => setWindow(ALL)}>
          Fit
        </button>
      </div>
      {error && <Banner kind="error">The flame graph could not be made: {error}.</Banner>}
      {answer && answer.weight === 0 && <p class="hint">Nothing is left to draw: {transforms.length > 0 ? 'undo a transform' : 'no span took any time'}.</p>}
      <div
        class="flame"
        data-testid="flame"
        role="tree"
        aria-label="Flame graph"
        tabIndex={0}
        aria-busy={busy}
        aria-activedescendant={chosen ? `flame-${chosen.id}` : undefined}
        onKeyDown={onKeyDown}
        onWheel={onWheel}
      >
        <div class="flame-rows" ref={host} role="presentation" style={{ height: `${(answer?.depth ?? 0) * ROW_PX}px` }}>
          {boxes.map((box) => (
            <FlameBox
              key={box.id}
              box={box}
              fn={fns[box.fn]}
              whole={answer?.weight ?? 1}
              window={window}
              width={width}
              model={model}
              active={box.id === active}
              onClick={() => setActive(box.id)}
              onDouble={() => fitBox(box)}
            />
          ))}
        </div>
      </div>
      <Chosen box={chosen} fns={fns} model={model} whole={answer?.weight ?? 1} />
    </>
  );
}

interface BoxProps {
  box: Box;
  fn: Fn | undefined;
  whole: number;
  window: Window;
  width: number;
  model: TraceModel;
  active: boolean;
  onClick: () => void;
  onDouble: () => void;
}

function FlameBox({ box, fn, whole, window, width, model, active, onClick, onDouble }: BoxProps) {
  const scale = 1 / (window[1] - window[0]);
  const left = Math.max(0, (box.left - window[0]) * scale);
  const right = Math.min(1, (box.left + box.width - window[0]) * scale);
  const slot = slotColour(model.services.value.find(({ name }) => name === fn?.service)?.slot ?? 0);
  const name = visibleControls(fn?.name ?? '');
  const classes = ['box', active && 'active', box.hits > 0 && 'hit', box.errors > 0 && 'failed'].filter(Boolean);
  const said = `${name}, ${visibleControls(fn?.service ?? '')}, ${formatDuration(box.weight)}, ${percent(box.weight, whole)}`;
  return (
    <div
      id={`flame-${box.id}`}
      class={classes.join(' ')}
      role="treeitem"
      aria-level={box.depth + 1}
      aria-selected={active}
      aria-label={said}
      title={`${said}, ${plural(box.count, 'span')}${box.hits > 0 ? `, ${formatCount(box.hits)} found` : ''}`}
      style={{
        insetInlineStart: `${left * 100}%`,
        inlineSize: `${Math.max(0, right - left) * 100}%`,
        insetBlockStart: `${box.depth * ROW_PX}px`,
        background: slot > 0 ? `var(--svc-${slot})` : 'var(--line-2)',
        color: slot > 0 ? `var(--svc-${slot}-ink)` : 'var(--bg)',
      }}
      onClick={onClick}
      onDblClick={onDouble}
    >
      {(right - left) * width >= LABEL_PX && <bdi>{name}</bdi>}
    </div>
  );
}

/** What is known of the box that is chosen, and the ways on from it. */
function Chosen({ box, fns, model, whole }: { box: Box | undefined; fns: readonly Fn[]; model: TraceModel; whole: number }) {
  if (!box) return <p class="hint chosen">Click a box, or walk with the arrow keys. f focuses, m merges, c collapses, Delete drops, Backspace undoes.</p>;
  const fn = fns[box.fn];
  return (
    <p class="chosen" role="status">
      <strong>
        <Hostile text={fn?.name ?? ''} />
      </strong>{' '}
      <Hostile text={fn?.service ?? ''} />
      <span title={formatExact(box.weight)}>
        {formatDuration(box.weight)} ({percent(box.weight, whole)})
      </span>
      <span title={formatExact(box.total)}>total {formatDuration(box.total)}</span>
      <span title={formatExact(box.self)}>self {formatDuration(box.self)}</span>
      <span>{plural(box.count, 'span')}</span>
      {box.errors > 0 && <span class="errors">{formatCount(box.errors)} errors</span>}
      <button type="button" onClick={() => model.select(box.row)}>
        Select the first span
      </button>
      <button type="button" onClick={() => model.find(`"${(fn?.name ?? '').replaceAll('"', '')}"`)}>
        Find these spans
      </button>
    </p>
  );
}

function percent(part: number, whole: number): string {
  return `${(whole > 0 ? (100 * part) / whole : 0).toFixed(1)} %`;
}

/** The box above, the widest below, or the next in the same row. */
function walked(boxes: readonly Box[], from: Box | undefined, action: string): Box | undefined {
  if (!from) return boxes[0];
  if (action === 'caller') return boxes.find(({ id }) => id === from.parent);
  if (action === 'callee') return boxes.find(({ parent }) => parent === from.id);
  const row = boxes.filter(({ depth }) => depth === from.depth).sort((a, b) => a.left - b.left);
  return row[row.indexOf(from) + (action === 'next-sibling' ? 1 : -1)];
}
