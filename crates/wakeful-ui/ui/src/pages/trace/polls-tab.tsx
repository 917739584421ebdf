import { useEffect } from 'preact/hooks';
import { itemText } from '../../data/runtime/lane-items.ts';
import { formatCount, formatDuration } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { KeyCap } from '../../shell/key-cap.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { BlameTable } from '../program/blame-table.tsx';
import { Sums } from '../program/sums.tsx';
import type { TraceModel } from './model.ts';

/** How to walk in the lanes by keys. */
function LaneKeys() {
  return (
    <p class="hint">
      Click what is in a lane, or <KeyCap name="ArrowDown" /> into them: <KeyCap name="," />
      <KeyCap name="." /> walk along a lane, <KeyCap name="[" />
      <KeyCap name="]" /> along wakes, <KeyCap name="N" />
      <KeyCap name="n" /> along long polls and long waits. <KeyCap name="f" /> fits, <KeyCap name="0" /> shows all, <KeyCap name="x" /> closes the
      lanes.
    </p>
  );
}

/** The polls that a span was made of: their sums, what is selected in its lanes, and who held the workers meanwhile. */
export function Polls({ row, model }: { row: number; model: TraceModel }) {
  useEffect(() => void model.opened.open(row), [row]);
  const opened = model.opened.all.value.get(row);
  const selected = model.opened.selected.value;
  if (!opened) return <p class="hint">Reading the polls…</p>;
  if ('error' in opened) return <p class="errors">The polls could not be read: {opened.error}.</p>;
  const { lanes } = opened;
  const query = new URLSearchParams(lanes.program ? { program: lanes.program } : {});
  const item = selected?.row === row ? selected.item : -1;
  return (
    <div class="polls">
      <p class="sums">
        {lanes.sums && <Sums sums={lanes.sums} />}
        {lanes.insight && <span>insight: {lanes.insight.depth}</span>}
        {lanes.lost > 0 && <span class="errors">lost {formatCount(lanes.lost)}</span>}
        {lanes.taskId && (
          <a href={href(`/tasks/${lanes.taskId}`, query)}>
            {lanes.ambiguous && '≈ '}task {lanes.taskId}
          </a>
        )}
      </p>
      {lanes.why && (
        <p class="hint">
          <Hostile text={lanes.why} />
        </p>
      )}
      {lanes.insight?.missing.map(({ what, add }) => (
        <p key={what} class="hint">
          Not seen: <Hostile text={what} />. Add{' '}
          <code>
            <Hostile text={add} />
          </code>
        </p>
      ))}
      {item >= 0 && (
        <p>
          <strong>
            <Hostile text={lanes.heads[lanes.lane[item]]?.name ?? ''} />
          </strong>{' '}
          <Hostile text={itemText(lanes, item).join(' · ')} /> · at {formatDuration(lanes.start[item] - lanes.from)}{' '}
          {lanes.task[item] && lanes.task[item] !== lanes.taskId && <a href={href(`/tasks/${lanes.task[item]}`, query)}>task {lanes.task[item]}</a>}
        </p>
      )}
      {lanes.blame.length > 0 && <BlameTable blame={lanes.blame} program={lanes.program} />}
      {lanes.count > 0 && <LaneKeys />}
    </div>
  );
}
