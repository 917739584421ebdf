/** The bits of the `flags` column. */
export const STATUS_MASK = 3;
export const STATUS_ERROR = 2;
export const KIND_SHIFT = 2;
export const KIND_MASK = 7;
export const OPEN = 1 << 5;
export const ORPHAN = 1 << 6;
export const ADJUSTED = 1 << 7;
export const WARNINGS = 1 << 13;
/** A row that stands for a parent which was never received; it is not a span. */
export const PLACEHOLDER = 1 << 14;

/** OTLP's span kinds by number. */
export const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

export function isError(flags: number): boolean {
  return (flags & STATUS_MASK) === STATUS_ERROR;
}

export function kindOf(flags: number): string {
  return KINDS[(flags >> KIND_SHIFT) & KIND_MASK] ?? '';
}
