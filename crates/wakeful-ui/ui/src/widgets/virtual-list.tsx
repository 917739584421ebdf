import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { actionOf, inTextField } from '../shell/keys.ts';
import { letterKeys } from '../shell/settings.ts';
import { ScrollScale } from './scroll-scale.ts';
import './virtual-list.css';

interface Props {
  label: string;
  count: number;
  /** Columns of a row, for the accessibility tree. */
  columns: number;
  busy: boolean;
  /** Height of a row in CSS pixels, 28 if it is not said. */
  rowPx?: number;
  /** The row that keys move; -1 for none. */
  active: number;
  /** A head above the rows, which stays. */
  head: ComponentChildren;
  row: (index: number) => ComponentChildren;
  /** Which rows are on screen, `to` exclusive. */
  onRange: (from: number, to: number) => void;
  onActive: (index: number) => void;
  /** Enter on the active row. */
  onOpen: () => void;
  /** Other keys of lists: `sort-next`, `sort-previous`, `sort-invert`. */
  onAction?: (action: string) => void;
}

const ROW_PX = 28;
const HEAD_PX = 28;
/** Rows beyond the screen that are ready when it scrolls. */
const SPARE = 8;

/** A table of any length of which only the rows on screen exist. Each row is as high as the others. */
export function VirtualList(props: Props) {
  const { label, count, active, busy, head, onRange, onActive, rowPx = ROW_PX } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);
  const scale = new ScrollScale(count, rowPx, height);
  const first = scale.rowAt(top);
  const from = Math.max(0, Math.floor(first) - SPARE);
  const to = Math.min(count, Math.ceil(first + height / rowPx) + SPARE);

  useEffect(() => {
    if (!scroller.current) return;
    const observer = new ResizeObserver(([entry]) => setHeight(Math.max(0, entry.contentRect.height - HEAD_PX)));
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => onRange(from, to), [from, to, count]);
  // Keys may lead to a row that is not on screen: it scrolls as little as needed.
  useLayoutEffect(() => {
    const body = scroller.current;
    if (!body || active < 0 || height === 0) return;
    const rows = height / rowPx;
    if (active < first) body.scrollTop = scale.pxAt(active);
    else if (active + 1 > first + rows) body.scrollTop = scale.pxAt(active + 1 - rows);
  }, [active, height, count]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (inTextField(event) || (event.key.length === 1 && !letterKeys.peek())) return;
    const action = event.key === 'PageDown' || event.key === 'PageUp' ? event.key : actionOf(event, ['list', 'global']);
    const page = Math.max(1, Math.floor(height / rowPx) - 1);
    const target = { next: active + 1, previous: active - 1, first: 0, last: count - 1, PageDown: active + page, PageUp: active - page }[
      action ?? ''
    ];
    if (target !== undefined) onActive(Math.min(count - 1, Math.max(0, target)));
    else if (action === 'open') props.onOpen();
    else if (action?.startsWith('sort-') && props.onAction) props.onAction(action);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const rows = [];
  for (let index = from; index < to; index++) {
    rows.push(
      <div key={index} class="vrow" role="presentation" style={{ transform: `translateY(${(index - first) * rowPx}px)`, height: `${rowPx}px` }}>
        {props.row(index)}
      </div>,
    );
  }
  return (
    <div
      class="vtable"
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={props.columns}
      aria-busy={busy}
      aria-activedescendant={active >= from && active < to ? `vrow-${active}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      {head}
      <div class="extent" role="presentation" style={{ height: `${Math.max(scale.height, 1)}px` }}>
        <div class="screen" role="presentation" style={{ height: `${height}px` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
