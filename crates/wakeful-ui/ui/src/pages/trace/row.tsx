import { isError, kindOf, OPEN, PLACEHOLDER } from '../../engine/flags.ts';
import { formatCount, formatDuration } from '../../engine/format.ts';
import type { RowInfo } from '../../engine/protocol.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Swatch } from '../../widgets/swatch.tsx';
import { foldMark, foldTitle } from './fold-text.ts';
import { FoundText } from './found-text.tsx';
import type { TraceModel } from './model.ts';

export function rowId(row: number): string {
  return `row-${row}`;
}

/** Levels deeper than this are not set in any further: the name must stay readable. */
const INDENT_MAX = 16;
const INDENT_PX = 14;

interface Props {
  info: RowInfo;
  top: number;
  height: number;
  /** Width of the name column; 0 where the name stands over the bar. */
  name: number;
  selected: boolean;
  model: TraceModel;
}

/** One span of the tree: what is seen of it is its name; the other cells say what its bar shows. */
export function Row({ info, top, height, name, selected, model }: Props) {
  const failed = isError(info.flags);
  const placeholder = (info.flags & PLACEHOLDER) !== 0;
  const indent = Math.min(info.level - 1, INDENT_MAX) * INDENT_PX;
  const classes = ['row', selected && 'selected', info.hit && 'hit', placeholder && 'placeholder'].filter(Boolean);
  const foldable = info.children > 0;
  const query = info.hit ? model.query.value : '';
  const toggle = (event: MouseEvent) => {
    event.stopPropagation();
    model.fold({ what: 'row', row: info.row, open: !info.open });
  };
  const open = () => {
    model.select(info.row);
    model.setPanel(true);
  };
  return (
    <div
      id={rowId(info.row)}
      class={classes.join(' ')}
      role="row"
      aria-rowindex={info.index + 1}
      aria-level={info.level}
      aria-setsize={info.siblings || undefined}
      aria-posinset={info.siblings ? info.place : undefined}
      aria-expanded={foldable ? info.open : undefined}
      aria-selected={selected}
      data-row={info.row}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
      onClick={open}
    >
      <div class="name" role="gridcell" style={name ? { width: `${name}px` } : {}}>
        <span class="indent" style={{ width: `${name ? indent : indent / 2}px` }} />
        {foldable ? (
          <span class={info.open ? 'twisty open' : 'twisty'} aria-hidden="true" onClick={toggle} />
        ) : (
          <span class="twisty none" aria-hidden="true" />
        )}
        <Swatch slot={info.slot} />
        {placeholder ? (
          <span class="text">
            parent <Hostile text={info.name} /> {model.facts.value?.cut ? 'not shown' : 'not received'}
          </span>
        ) : (
          <span class="text" title={`${info.service}: ${info.name}`}>
            <span class="service">
              <FoundText text={info.service} query={query} />
            </span>{' '}
            <FoundText text={info.name} query={query} />
          </span>
        )}
        {failed && (
          <span class="mark errors" title="error">
            !
          </span>
        )}
        {info.inRun && (
          <button
            type="button"
            class="mark fold-run"
            tabIndex={-1}
            title="Show these equal siblings as one row"
            onClick={(event) => {
              event.stopPropagation();
              model.fold({ what: 'run', row: info.row });
            }}
          >
            fold run
          </button>
        )}
        {foldMark(info) && (
          <span class="mark folded" title={foldTitle(info)}>
            {info.hiddenErrors > 0 && <span class="errors">! {formatCount(info.hiddenErrors)} </span>}
            {foldMark(info)}
          </span>
        )}
        {!foldMark(info) && info.hiddenErrors > 0 && (
          <span class="mark folded errors" title={`${formatCount(info.hiddenErrors)} errors in hidden services below`}>
            ! {formatCount(info.hiddenErrors)}
          </span>
        )}
        {!name && <span class="mark time">{formatDuration(info.run?.total ?? info.dur)}</span>}
      </div>
      <span class="unseen" role="gridcell">
        {info.service}
      </span>
      <span class="unseen" role="gridcell">
        starts at {formatDuration(info.start)}
      </span>
      <span class="unseen" role="gridcell">
        {formatDuration(info.dur)}
      </span>
      <span class="unseen" role="gridcell">
        {[failed ? 'error' : '', info.flags & OPEN ? 'open' : '', kindOf(info.flags), foldTitle(info)].filter(Boolean).join(', ')}
      </span>
    </div>
  );
}
