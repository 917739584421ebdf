/** What reads lanes, looks into them and makes them ready to be drawn: a page whose lanes open late asks for all of it at once. */
export { arrowsOf, drawnLanes, itemAt, itemText, laneStarts } from './lane-items.ts';
export { rangeOf } from './lane-kinds.ts';
export { finerStretch, sameItem, spliced } from './lane-splice.ts';
export { stepped } from './lane-steps.ts';
export { fetchSpanLanes } from './lanes.ts';
