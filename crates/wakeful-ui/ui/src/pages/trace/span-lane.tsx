import type { RowInfo } from '../../engine/protocol.ts';
import { plural } from '../../engine/format.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import type { TraceModel } from './model.ts';

interface Props {
  info: RowInfo;
  top: number;
  height: number;
  /** Width of the name column; 0 where the name stands over the bar. */
  name: number;
  model: TraceModel;
}

/** A lane below an opened span: its name, and in words what is in it. */
export function SpanLane({ info, top, height, name, model }: Props) {
  const selected = model.opened.selected.value;
  const [from, to] = model.opened.itemsOf(info.row, info.laneAt);
  const here = selected?.row === info.row && selected.item >= from && selected.item < to;
  const onClick = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const view = model.view.peek();
    const x = event.clientX - box.left - name;
    const item = x < 0 ? -1 : model.opened.itemAt(info.row, info.laneAt, view.t0 + x * view.nsPerPx);
    model.opened.select(item < 0 ? null : { row: info.row, item });
    if (item < 0) return;
    model.select(info.row);
    model.opened.asked.value++;
    model.setPanel(true);
  };
  return (
    <div
      class="row span-lane"
      role="row"
      aria-rowindex={info.index + 1}
      aria-level={info.level + 1}
      aria-selected={here}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
      onClick={onClick}
    >
      <div class="name" role="gridcell" style={name ? { width: `${name}px` } : {}}>
        <span class="text" style={{ paddingInlineStart: `${name ? Math.min(info.level, 16) * 14 + 30 : 8}px` }}>
          <Hostile text={info.lane} />
        </span>
      </div>
      <span class="unseen" role="gridcell">
        {here ? model.opened.textOf(selected).join(', ') : plural(to - from, 'item')}
      </span>
    </div>
  );
}
