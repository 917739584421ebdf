import { slotColour, slotMarked } from '../engine/slots.ts';

/** The square of a service's colour; slot 0 is a service without a name. */
export function Swatch({ slot }: { slot: number }) {
  const marked = slotMarked(slot) ? ' marked' : '';
  return <span class={`swatch svc-${slotColour(slot)}${marked}`} aria-hidden="true" />;
}
