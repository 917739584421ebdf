import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A component whose script comes when it is first wanted, so that the first load stays small. */
export type Late<Props> = { state: 'coming' } | { state: 'here'; Component: FunctionComponent<Props> } | { state: 'failed' };

/** Loads a component once it is wanted; after a failure the next change of `again` asks again. */
export function useLate<Props>(load: () => Promise<FunctionComponent<Props>>, wanted = true, again: unknown = null): Late<Props> {
  const [late, setLate] = useState<Late<Props>>({ state: 'coming' });
  useEffect(() => {
    if (!wanted || late.state === 'here') return;
    let here = true;
    load().then(
      (Component) => here && setLate({ state: 'here', Component }),
      () => here && setLate({ state: 'failed' }),
    );
    return () => {
      here = false;
    };
  }, [wanted, again]);
  return late;
}
