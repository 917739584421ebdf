import type { RowInfo } from './protocol.ts';
import type { Scene } from './scene.ts';
import type { View } from './view.ts';
import { nearestInLane } from './walk-packed.ts';

/** What is said of a line of the screen. */
export function infoOf(scene: Scene, line: number, view: View): RowInfo {
  return scene.look.layout === 'packed' ? laneInfo(scene, line, view) : rowInfo(scene, line);
}

function rowInfo(scene: Scene, line: number): RowInfo {
  const { columns, tree, look } = scene;
  const { index, lane } = scene.stack.at(line);
  const row = tree.visible[index];
  const open = tree.isOpen(row);
  const run = tree.standsForRun(row) ? tree.runs.of(row) : undefined;
  const counted = look.hidden.length === 0 && tree.runs.of(row) === undefined;
  return {
    ...spanInfo(scene, row),
    index: line,
    siblings: counted ? columns.siblings(row) : 0,
    place: counted ? columns.place[row] : 0,
    children: run?.count ?? columns.children[row],
    open,
    hiddenErrors: tree.errorsHiddenAt(index).length,
    hidden: open ? 0 : tree.hiddenBelow(index),
    run: run ? tree.runs.summary(run) : null,
    inRun: !run && tree.runs.of(row) !== undefined,
    lane: lane?.name ?? '',
    laneAt: lane ? (scene.details.lanes.get(row)?.indexOf(lane) ?? -1) : -1,
  };
}

/** A lane of the packed layout is told by its selected span, else by the one at the middle of the window. */
function laneInfo(scene: Scene, lane: number, view: View): RowInfo {
  const { packed, selected } = scene;
  const here = selected >= 0 && packed.laneOf[selected] === lane;
  const row = here ? selected : nearestInLane(packed, lane, view.t0 + (view.w * view.nsPerPx) / 2);
  const info = spanInfo(scene, row);
  return { ...info, index: lane, level: 1, items: packed.from[lane + 1] - packed.from[lane] };
}

function spanInfo({ columns, tree, slots, hits }: Scene, row: number): RowInfo {
  return {
    row,
    index: 0,
    name: columns.names[columns.name[row]] ?? '',
    service: columns.services[columns.service[row]] ?? '',
    slot: slots[columns.service[row]] ?? 0,
    level: tree.level(row),
    siblings: 0,
    place: 0,
    children: 0,
    open: true,
    start: columns.start[row],
    dur: columns.dur[row],
    flags: columns.flags[row],
    hiddenErrors: 0,
    hidden: 0,
    run: null,
    inRun: false,
    lane: '',
    laneAt: -1,
    items: 0,
    hit: hits?.[row] === 1,
  };
}
