/** The bits of the `flags` column. */
export const STATUS_MASK = 3;
export const STATUS_ERROR = 2;
export const KIND_SHIFT = 2;
export const KIND_MASK = 7;
export const OPEN = 1 << 5;
export const ORPHAN = 1 << 6;
export const ADJUSTED = 1 << 7;
export const EVENTS = 1 << 8;
export const LOGS = 1 << 9;
export const LINKS = 1 << 10;
export const INTERVALS = 1 << 11;
export const WARNINGS = 1 << 13;
/** A row that stands for a parent which was never received; it is not a span. */
export const PLACEHOLDER = 1 << 14;
/** All or a part of the span is on the critical path. */
export const CRITICAL_PATH = 1 << 15;
/** How much of its time the span was active: a byte, 255 for all of it. */
export const BUSY_SHIFT = 16;
export const BUSY_MASK = 255;
/** Several recorded intervals were joined into each. */
export const JOINED = 1 << 24;

/** OTLP's span kinds by number. */
export const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

export function isError(flags: number): boolean {
  return (flags & STATUS_MASK) === STATUS_ERROR;
}

export function kindOf(flags: number): string {
  return KINDS[(flags >> KIND_SHIFT) & KIND_MASK] ?? '';
}
