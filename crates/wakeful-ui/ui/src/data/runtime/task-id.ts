/** Where the numbers begin of tasks that Tokio gives none: the future of `block_on`, futures that are watched within a task. */
const OWN_FIRST = 1n << 63n;
/** In an order by number they stand behind all of Tokio's. */
const OWN_ORDER = 1e15;

/** A task's number as it is shown and typed: `12`, and `w3` for those that wakeful has numbered; '' for none. */
export function taskIdText(id: bigint): string {
  if (id === 0n) return '';
  return id < OWN_FIRST ? String(id) : `w${id - OWN_FIRST + 1n}`;
}

/** Where a task stands in an order by number. */
export function taskOrder(id: string): number {
  return id.startsWith('w') ? OWN_ORDER + Number(id.slice(1)) : Number(id);
}
