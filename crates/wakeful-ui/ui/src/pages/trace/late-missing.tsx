import { useLate } from '../../widgets/late.ts';

/** What is said of a trace that is not there; its script comes when there is none. */
export function LateMissing({ id }: { id: string }) {
  const late = useLate(async () => (await import('./missing.tsx')).Missing);
  if (late.state === 'failed') return <p class="message">No such trace.</p>;
  return late.state === 'here' ? <late.Component id={id} /> : null;
}
