import type { Arrow, Band, Lane } from './details.ts';
import type { ExportOrder } from './export.ts';
import type { Facts } from './facts.ts';
import type { RunSummary } from './runs.ts';
import type { Snapshot } from './snapshot.ts';
import type { Tally } from './tally.ts';
import type { Image } from './surface.ts';
import type { Tokens } from './theme.ts';
import type { View } from './view.ts';

/** Where the selection is to go from where it is. */
export type Step =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'page-down'
  | 'page-up'
  /** Unfolds, else goes to the first child. */
  | 'in'
  /** Folds, else goes to the parent. */
  | 'out'
  | 'next-sibling'
  | 'previous-sibling'
  | 'next-error'
  | 'previous-error'
  | 'next-hit'
  | 'previous-hit';

export type Fold =
  | { what: 'row'; row: number; open: boolean }
  /** The run that the row is a member of becomes one row. */
  | { what: 'run'; row: number }
  | { what: 'subtree'; row: number; open: boolean }
  | { what: 'all'; open: boolean }
  | { what: 'level'; by: 1 | -1 };

/** How the trace is shown, apart from the window of time and the rows. */
export interface Look {
  layout: 'tree' | 'packed';
  /** Whether the critical path is drawn under the bars. */
  critical: boolean;
  /** Services whose spans are left out; their errors show at the nearest visible ancestor. */
  hidden: readonly string[];
}

export const PLAIN: Look = { layout: 'tree', critical: false, hidden: [] };

/** To the engine. */
export type Request =
  | { kind: 'init'; tokens: Tokens; font: string }
  | { kind: 'theme'; tokens: Tokens; font: string }
  /** Bytes of the Arrow stream, in order. */
  | { kind: 'batch'; bytes: Uint8Array<ArrayBuffer> }
  /** No more bytes will come. */
  | { kind: 'end' }
  | { kind: 'view'; seq: number; view: View }
  | { kind: 'overview'; w: number; h: number; dpr: number }
  | { kind: 'fold'; fold: Fold }
  | { kind: 'look'; look: Look }
  | { kind: 'find'; query: string }
  /** What the server found for the query, as an Arrow stream: more hits, if it is still what is asked. */
  | { kind: 'matches'; query: string; bytes: Uint8Array<ArrayBuffer> }
  /** The trace is read again: the rows that follow take the place of those that are there once `end` comes. */
  | { kind: 'restart' }
  /** Asks for a copy of all rows. */
  | { kind: 'snapshot' }
  /** Asks for a copy of the rows that find has. */
  | { kind: 'hits' }
  | { kind: 'select'; row: number }
  /** `page` is the number of rows that a page has. */
  | { kind: 'step'; step: Step; page: number }
  /** Asks what stands on a line between two times, where `row` won. */
  | { kind: 'probe'; row: number; line: number; from: number; to: number }
  /** Active intervals of rows, as an Arrow stream of `row`, `start`, `dur`; `rows` is what was asked for, `[from, to)`. */
  | { kind: 'intervals'; rows: [number, number]; bytes: Uint8Array<ArrayBuffer> }
  /** What decided how long the trace took, as an Arrow stream of `row`, `start`, `dur`. */
  | { kind: 'critical'; bytes: Uint8Array<ArrayBuffer> }
  /** When the events and log records of rows were, as an Arrow stream of `row`, `time`, `log`. */
  | { kind: 'points'; bytes: Uint8Array<ArrayBuffer> }
  /** Lanes below a row; none closes them. */
  | { kind: 'lanes'; row: number; lanes: readonly Lane[] }
  | { kind: 'arrows'; arrows: readonly Arrow[] }
  | { kind: 'bands'; bands: readonly Band[] }
  | { kind: 'export'; seq: number; order: ExportOrder };

/** A line on screen, with all that its name cell and its twin say. */
export interface RowInfo {
  row: number;
  /** Place among the visible rows. */
  index: number;
  name: string;
  service: string;
  slot: number;
  level: number;
  /** 0 if not known: rows may be left out or folded into runs. */
  siblings: number;
  place: number;
  /** Direct children. */
  children: number;
  open: boolean;
  start: number;
  dur: number;
  flags: number;
  /** Rows in error that are folded into this one, or left out below it. */
  hiddenErrors: number;
  /** Rows that are folded into this one. */
  hidden: number;
  /** Set if the row stands for a run of equal siblings; `children` then counts those. */
  run: RunSummary | null;
  /** Whether the row is a member of a run that is open: `fold` with `run` makes it one row again. */
  inRun: boolean;
  /** The lane below the row that the line shows, or ''. */
  lane: string;
  /** Which of the row's lanes that is, or -1. */
  laneAt: number;
  /** Packed layout: how many spans the line has, of which the row is one. 0 in the tree. */
  items: number;
  hit: boolean;
}

/** What is drawn, together with the rows it belongs to: names and bars change in one step. */
export interface Picture {
  kind: 'picture';
  seq: number;
  view: View;
  /** CSS pixels of the image: less than the view's, where the last line is not at its foot. */
  height: number;
  image: Image;
  /** Texts alone at full scale, where `image` is of a lower one and has none. */
  text: Image | null;
  pick: Uint32Array<ArrayBuffer>;
  rows: RowInfo[];
  /** Lines on screen if the screen were long enough, and rows in all. */
  visible: number;
  layout: Look['layout'];
  total: number;
  /** Milliseconds that drawing took. */
  took: number;
}

/** From the engine. */
export type Reply =
  | { kind: 'facts'; facts: Facts }
  | { kind: 'progress'; rows: number; services: { name: string; slot: number }[] }
  | { kind: 'complete'; rows: number; tally: Tally }
  | Picture
  | { kind: 'overview'; image: Image }
  /** Folding or rows changed: the page asks for a picture. */
  | { kind: 'changed'; visible: number; total: number }
  /** A step folded or unfolded something. */
  | { kind: 'folded'; fold: Fold }
  /** The row to select or to show. `hit` counts from 1. */
  | { kind: 'reached'; row: number; index: number; select: boolean; start: number; dur: number }
  /** `from` and `to` are the time of all hits; `span` is the row whose span id was asked for, or -1. */
  | { kind: 'found'; count: number; hit: number; query: string; from: number; to: number; span: number }
  | { kind: 'snapshot'; snapshot: Snapshot }
  /** Ascending. */
  | { kind: 'hits'; rows: Uint32Array<ArrayBuffer> }
  /** How long the critical path is, in nanoseconds, and how many spans it leads through. */
  | { kind: 'critical'; nanos: number; spans: number }
  /**
   * Rows were read again and have other numbers: so many lines further down (`lines`) and nanoseconds later (`nanos`) stands
   * what stood at the top left; `selected` is the new number of the selected row.
   */
  | { kind: 'replaced'; lines: number; nanos: number; selected: number }
  /** The span that won, and how many there are, in error, and the longest. */
  | ({ kind: 'probed'; line: number; count: number; errors: number; longest: number } & Pick<
      RowInfo,
      'row' | 'name' | 'service' | 'start' | 'dur' | 'flags'
    >)
  /** The file, or why there is none. */
  | { kind: 'exported'; seq: number; file: Blob | null; problem: string }
  | { kind: 'fail'; text: string };
