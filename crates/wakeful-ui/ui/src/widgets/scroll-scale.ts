/** Browsers cut elements near 16.7 million pixels: above this height the scrollbar stands for more than it measures. */
const SCROLL_MAX_PX = 8_000_000;

/** Maps the scrollbar to rows and back. */
export class ScrollScale {
  /** Pixels of the scrolled element. */
  readonly height: number;
  private readonly rowsMax: number;
  private readonly pxMax: number;

  constructor(rows: number, rowPx: number, viewPx: number) {
    const full = rows * rowPx;
    this.height = Math.min(full, SCROLL_MAX_PX);
    this.rowsMax = Math.max(0, rows - viewPx / rowPx);
    this.pxMax = Math.max(0, this.height - viewPx);
  }

  rowAt(px: number): number {
    return this.pxMax === 0 ? 0 : Math.min(1, px / this.pxMax) * this.rowsMax;
  }

  pxAt(row: number): number {
    return this.rowsMax === 0 ? 0 : Math.min(1, row / this.rowsMax) * this.pxMax;
  }
}
