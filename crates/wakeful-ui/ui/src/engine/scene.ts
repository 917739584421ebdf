import { Columns } from './columns.ts';
import { Details, Stack } from './details.ts';
import { CRITICAL_PATH } from './flags.ts';
import { Mipmap } from './mipmap.ts';
import { NO_LANE, pack, type Packed } from './packed.ts';
import { type Look, PLAIN } from './protocol.ts';
import { serviceSlots } from './slots.ts';
import { Tree } from './tree.ts';

/** Columns and what the user did with them: all that a picture shows but for the view and the theme. */
export class Scene {
  readonly columns = new Columns();
  readonly tree = new Tree(this.columns);
  /** By service code; 0 where the service has no name. */
  slots = new Uint8Array(0);
  look: Look = PLAIN;
  /** Find hits by row, or null. */
  hits: Uint8Array | null = null;
  /** A row, or -1. */
  selected = -1;
  /** Nanoseconds of the whole trace, once it is known. */
  duration = 0;

  /** What is drawn beside the spans. */
  readonly details = new Details();

  private slotOf: ReadonlyMap<string, number> = new Map();
  /** Rows that `settle` has seen. */
  private settled = 0;
  private packing: Packed | null = null;
  private mip: Mipmap | null = null;

  /** Gives services that arrived with new rows their colours. */
  colour(): void {
    const { services } = this.columns;
    this.slotOf = serviceSlots(services, this.slotOf);
    this.slots = Uint8Array.from(services, (name) => this.slotOf.get(name) ?? 0);
  }

  /** The packed layout, made when it is first asked for. */
  get packed(): Packed {
    this.packing ??= pack(this.columns, (row) => this.tree.isLeftOut(row));
    return this.packing;
  }

  /** The packed layout at coarser scales; `marked` makes it begin anew. */
  get mipmap(): Mipmap {
    this.mip ??= new Mipmap(this, this.packed);
    return this.mip;
  }

  /** Hits or the critical path changed: what was summed up of them holds no longer. */
  marked(): void {
    this.mip = null;
  }

  /** What stands on which line of the screen, in the tree layout. */
  get stack(): Stack {
    return new Stack(this);
  }

  /** Rows in error, ascending. */
  get errors(): Uint32Array {
    return this.tree.errors;
  }

  /** Lines on screen if the screen were long enough. */
  get lines(): number {
    return this.look.layout === 'packed' ? this.packed.lanes : this.stack.count;
  }

  /** The line of a row; of a hidden one, that of what hides it. */
  lineOf(row: number): number {
    if (this.look.layout === 'tree') return this.stack.lineOf(this.tree.indexOf(row));
    const lane = this.packed.laneOf[row];
    return lane === NO_LANE ? 0 : lane;
  }

  isCritical(row: number): boolean {
    return (this.columns.flags[row] & CRITICAL_PATH) !== 0;
  }

  /** Whether the packed layout is on screen, and not yet summed up at all scales. */
  get wantsMipmap(): boolean {
    return this.look.layout === 'packed' && this.columns.count > 0 && !this.mipmap.ready;
  }

  /** The row that a line of the screen shows, or -1. */
  rowAt(line: number): number {
    if (line < 0 || line >= this.lines) return -1;
    if (this.look.layout === 'packed') return this.packed.rows[this.packed.from[line]];
    return this.tree.visible[this.stack.at(line).index];
  }

  setLook(look: Look): void {
    const { critical, hidden } = this.look;
    this.look = look;
    // What is not looked at is not kept: of a million rows it is tens of megabytes.
    if (critical !== look.critical || look.layout === 'tree') this.marked();
    if (hidden.join('\0') !== look.hidden.join('\0')) this.leaveOut(look.hidden);
  }

  /** Takes over how the trace was shown before it was read again: services keep their colours. */
  inherit(old: Scene, duration: number): void {
    this.look = old.look;
    this.slotOf = old.slotOf;
    this.duration = duration;
    this.colour();
    this.settle();
  }

  /** Leaves out services by name. */
  leaveOut(hidden: readonly string[]): void {
    this.look = { ...this.look, hidden };
    this.packing = null;
    this.mip = null;
    this.tree.leaveOut(Uint8Array.from(this.columns.services, (name) => (hidden.includes(name) ? 1 : 0)));
  }

  /** Takes in rows that were appended since; when many batches come at once, this is done once for all of them. */
  settle(): boolean {
    const { count } = this.columns;
    if (this.settled === count) return false;
    this.settled = count;
    this.packing = null;
    this.mip = null;
    this.tree.grow();
    if (this.look.hidden.length > 0) this.leaveOut(this.look.hidden);
    return true;
  }
}

/** The first place in an ascending list whose value is `least` or more. */
export function lowerBound(list: Uint32Array, least: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
