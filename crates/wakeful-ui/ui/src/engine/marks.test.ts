import { expect, test } from 'vitest';
import { BLOCKED, IDLE, POLLING, SCHEDULED, type Stretches } from './details.ts';
import { CRITICAL_PATH, INTERVALS, JOINED, LINKS } from './flags.ts';
import type { Scene } from './scene.ts';
import { drawn } from './testing/picture.ts';
import { type Line, sceneOf, viewOf } from './testing/scenes.ts';
import type { View } from './view.ts';

const EMPTY = '.'.repeat(20);

interface Change {
  view?: Partial<View>;
  scene?: (scene: Scene) => void;
}

function check(lines: Line[], expected: string[], { view, scene: change }: Change = {}) {
  const scene = sceneOf(lines);
  change?.(scene);
  // Ticks are none of these pictures' business: the first one, at zero, is left of what they look at.
  expect(drawn(scene, viewOf({ t0: 1, h: 8, ...view })).lines).toEqual(expected);
}

function stretches(...parts: [start: number, dur: number, state: number][]): Stretches {
  return {
    start: Float64Array.from(parts, ([start]) => start),
    dur: Float64Array.from(parts, ([, dur]) => dur),
    state: Uint8Array.from(parts, ([, , state]) => state),
  };
}

test('states have patterns of their own', () => {
  const lines: Line[] = [[1, 'a', 1, 18, INTERVALS]];
  const active = stretches([2, 4, POLLING], [6, 4, SCHEDULED], [10, 4, IDLE], [14, 4, BLOCKED]);
  check(
    lines,
    [
      '##################..',
      '#####~~//ooooxxxx#..',
      '#####~//~oooooxxo#..',
      '#####//~~ooooxxxx#..',
      '#####/~~/ooooxoox#..',
      '#####~~//ooooxxxx#..',
      '#####~//~oooooxxo#..',
      '##################..',
    ],
    { view: { rowPx: 8, barTop: 0, barPx: 8 }, scene: ({ details }) => details.active.set(0, active) },
  );
});

test('a span with intervals that are not here yet is pale', () => {
  check([[1, 'a', 4, 6, INTERVALS]], [
    ...[EMPTY, EMPTY, '...######...........'],
    ...Array(2).fill('...#~~~~#...........'),
    ...['...######...........', EMPTY, EMPTY],
  ]);
});

test('joined intervals have a dotted edge', () => {
  check([[1, 'a', 4, 6, JOINED]], [EMPTY, EMPTY, '... # # #...........', ...Array(3).fill('...######...........'), EMPTY, EMPTY]);
});

test('the critical path is underlined, whole or in parts, over a hit', () => {
  const critical = (scene: Scene) => {
    scene.look = { ...scene.look, critical: true };
  };
  const bars = Array(4).fill('...######...........');
  check([[1, 'a', 4, 6, CRITICAL_PATH]], [EMPTY, EMPTY, ...bars, ...Array(2).fill('...______...........')], { scene: critical });
  check([[1, 'a', 4, 6, CRITICAL_PATH]], [EMPTY, EMPTY, ...bars, ...Array(2).fill('...__...._..........')], {
    scene: (scene) => {
      critical(scene);
      scene.details.critical.set(0, stretches([4, 2, POLLING], [10, 1, POLLING]));
    },
  });
  check([[1, 'a', 4, 6, CRITICAL_PATH]], [EMPTY, EMPTY, ...bars, EMPTY, EMPTY]);
});

test('an event is a tick with a dot, a log record one with a hole', () => {
  check([[1, 'a', 2, 17]], [
    EMPTY,
    EMPTY,
    '....@@@.....@@@.....',
    '....@@@.....@ @.....',
    '.###@@@#####@@@###..',
    '.####@#######@####..',
    '.####@#######@####..',
    '.####@#######@####..',
    '.####@#######@####..',
    '.####@#######@####..',
    EMPTY,
    EMPTY,
  ], {
    view: { h: 12, rowPx: 12, barTop: 4, barPx: 6 },
    scene: ({ details }) => details.points.set(0, { events: Float64Array.of(6), logs: Float64Array.of(14) }),
  });
});

test('a link is an angle at the left end', () => {
  check([[1, 'a', 2, 17, LINKS]], [
    EMPTY,
    EMPTY,
    '.#################..',
    '.#################..',
    '.# @@ ############..',
    '.## @@ ###########..',
    '.### @@ ##########..',
    '.## @@ ###########..',
    '.# @@ ############..',
    '.#################..',
    EMPTY,
    EMPTY,
  ], { view: { h: 12, rowPx: 12, barTop: 2, barPx: 8 } });
});

test('a wake goes from the waker to what it woke, and along until that ran', () => {
  check([[1, 'a', 2, 6], [1, 'b', 5, 14]], [
    EMPTY,
    EMPTY,
    '.######.............',
    '.######.............',
    '.######.............',
    '.######.............',
    '......v.............',
    '......v.............',
    '......v.............',
    '......v.............',
    '.....vvv............',
    '.....vvv............',
    '......v.............',
    '......v.............',
    '....##############..',
    '....##############..',
    '....##vv##vv##vv##..',
    '....##############..',
    EMPTY,
    EMPTY,
    EMPTY,
    EMPTY,
    EMPTY,
    EMPTY,
  ], {
    view: { h: 24, rowPx: 12, barTop: 2, barPx: 4 },
    scene: ({ details }) => {
      details.arrows = [{ fromRow: 0, from: 7, toRow: 1, to: 16 }];
    },
  });
});

test('a wake by nobody known is short, one by oneself a loop', () => {
  check([[1, 'a', 2, 17]], [
    EMPTY,
    EMPTY,
    '..vvv...............',
    '.v...v..............',
    '.v...v..............',
    '.v...v..............',
    '..vvv...............',
    EMPTY,
    '..vvv....vvvvvvvvvv.',
    '..vvv....v......vvv.',
    '...v.....v.......v..',
    '...v.....v.......v..',
    '.#################..',
    '.#################..',
    '.#################..',
    '.#################..',
    EMPTY,
    EMPTY,
    EMPTY,
    EMPTY,
  ], {
    view: { h: 20, rowPx: 20, barTop: 12, barPx: 4 },
    scene: ({ details }) => {
      details.arrows = [
        { fromRow: -1, from: 4, toRow: 0, to: 4 },
        { fromRow: 0, from: 10, toRow: 0, to: 13 },
      ];
    },
  });
});

test('a time of lost records is a hatched band behind the bars', () => {
  check([[1, 'a', 2, 4]], [
    '...-....||||....-...',
    '...-...||||....|-...',
    '.####.||||....||-...',
    '.####||||....|||-...',
    '.####|||....||||-...',
    '.####||....||||.-...',
    '...-||....||||..-...',
    '...-|....||||...-...',
  ], {
    scene: ({ details }) => {
      details.bands = [{ row: -1, start: 4, dur: 14 }];
    },
  });
});

test('lanes below a row push the rows below them down', () => {
  const scene = sceneOf([[1, 'a', 2, 12], [2, 'b', 3, 4]]);
  scene.details.lanes.set(0, [{ name: 'task 17', ...stretches([2, 4, POLLING], [6, 8, IDLE]) }]);
  expect(scene.lines).toBe(3);
  expect([0, 1].map((row) => scene.lineOf(row))).toEqual([0, 2]);
  const { lines } = drawn(scene, viewOf({ t0: 1, h: 12, rowPx: 4, barTop: 1, barPx: 3 }));
  expect(lines.filter((_, y) => y % 4 === 2)).toEqual(['.############.......', '.PPPPoooooooo.......', '..####..............']);
});
