const KEY = 'wakeful-recent-traces';
const KEPT = 10;

/** A trace that was open in this browser. */
export interface Recent {
  id: string;
  name: string;
}

/** The traces opened last, the latest first. */
export function recentTraces(): Recent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one): one is Recent => typeof one?.id === 'string' && typeof one?.name === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberTrace(trace: Recent): void {
  try {
    const others = recentTraces().filter(({ id }) => id !== trace.id);
    localStorage.setItem(KEY, JSON.stringify([trace, ...others].slice(0, KEPT)));
  } catch {
    // Storage may be forbidden; the palette then has no traces.
  }
}
