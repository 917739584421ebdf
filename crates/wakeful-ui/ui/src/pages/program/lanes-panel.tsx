import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { LaneRange, Lanes } from '../../data/runtime/lane-kinds.ts';
import { sameItem, type Stretch } from '../../data/runtime/lane-splice.ts';
import { formatCount, plural } from '../../engine/format.ts';
import { go, href } from '../../shell/router.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { BlameTable } from './blame-table.tsx';
import { sharedQuery } from './keys.ts';
import { LaneChart } from './lane-chart.tsx';
import { Sums } from './sums.tsx';
import { useLanes } from './use-lanes.ts';

interface Props {
  label: string;
  /** Changes when something else is to be read. */
  of: string;
  range: Pick<LaneRange, 'from' | 'to'>;
  read: (range: LaneRange, signal: AbortSignal) => Promise<Lanes>;
  /** Something in the lanes is looked at: they should not change under the eye. Without it, they are read anew by a button alone. */
  onLook?: () => void;
  /** What else the answer tells, below the lanes. */
  children?: (lanes: Lanes) => ComponentChildren;
}

/** Lanes with what they sum up to, and who held workers meanwhile. */
export function LanesPanel({ label, of, range, read, onLook, children }: Props) {
  const { lanes, error, retry, look } = useLanes(of, range, read);
  const [chosen, setChosen] = useState<{ lanes: Lanes; row: number } | null>(null);
  if (error) {
    return (
      <Banner kind="error">
        The lanes could not be read: {error}.{' '}
        <button type="button" onClick={retry}>
          Retry
        </button>
      </Banner>
    );
  }
  if (!lanes) return <p class="hint">Reading the polls…</p>;
  if (lanes.count === 0) return <p class="hint">{lanes.why || lanes.message || 'No poll or wake of this time is stored.'}</p>;
  // Lanes that are read anew number their rows anew.
  const selected = chosen ? sameItem(chosen.lanes, chosen.row, lanes) : -1;
  const select = (row: number) => {
    setChosen({ lanes, row });
    if (row >= 0) onLook?.();
  };
  const again = () => {
    setChosen(null);
    retry();
  };
  const onWindow = (window: Stretch) => {
    look(window);
    onLook?.();
  };
  const open = (row: number) => {
    if (lanes.task[row]) go(`/tasks/${lanes.task[row]}`, sharedQuery());
  };
  return (
    <>
      <p class="sums">
        {lanes.sums && <Sums sums={lanes.sums} />}
        {lanes.summed > 0 && <span class="hint">besides, {plural(lanes.summed, 'poll')} of the program in sums of a second alone</span>}
        {lanes.lost > 0 && <span class="warned">lost {formatCount(lanes.lost)}</span>}
        {lanes.ambiguous && <span class="hint">≈ more than one task fits</span>}
        {!lanes.complete && <span class="hint"><Hostile text={lanes.message} /></span>}
        {!onLook && range.to === '' && (
          <button type="button" class="small" onClick={again}>
            Read again
          </button>
        )}
        {selected >= 0 && lanes.task[selected] && (
          <a href={href(`/tasks/${lanes.task[selected]}`, sharedQuery())}>task {lanes.task[selected]}</a>
        )}
      </p>
      <LaneChart label={label} lanes={lanes} selected={selected} onSelect={select} onOpen={open} onWindow={onWindow} />
      {lanes.blame.length > 0 && <BlameTable blame={lanes.blame} />}
      {children?.(lanes)}
    </>
  );
}
