import { askJson } from './api.ts';

/** What was pasted into the header's box. */
export type Pasted =
  /** An address below the base: of a trace, or of another page of Jaeger's or ours. */
  | { kind: 'address'; path: string; query: string }
  /** A trace id by its shape alone, and a span of it if that was said too. */
  | { kind: 'trace'; id: string; span?: string }
  /** Ids of 64 bits may be a trace's or a span's, and words a debug id: the server is asked. */
  | { kind: 'ask'; text: string };

/**
 * Reads ids in hex of any case (`0x` and leading zeros as one likes) and base64, a `traceparent`, and addresses of
 * Jaeger's or wakeful's pages, under whatever base path. Null for nothing.
 */
export function readPasted(text: string): Pasted | null {
  const pasted = text.trim();
  if (pasted === '') return null;
  const address = /^https?:\/\/[^/]+(?:\/[^?#]*?)?(\/(?:trace\/[^/?#]+|search|loss|settings|about))\/?(?:\?([^#]*))?(?:#.*)?$/i.exec(pasted);
  if (address) return { kind: 'address', path: address[1], query: address[2] ?? '' };
  const parent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/i.exec(pasted);
  if (parent) return { kind: 'trace', id: canonical(parent[1]), span: parent[2].toLowerCase() };
  const hex = /^(?:0x)?([0-9a-f]{1,32})$/i.exec(pasted)?.[1];
  if (hex) {
    const id = canonical(hex);
    return id.length === 32 ? { kind: 'trace', id } : { kind: 'ask', text: id };
  }
  if (/^[A-Za-z0-9+/_-]{22}(==)?$/.test(pasted)) {
    const id = fromBase64(pasted);
    if (id) return id.length === 32 ? { kind: 'trace', id } : { kind: 'ask', text: id };
  }
  if (/^[A-Za-z0-9+/_-]{11}=$/.test(pasted)) {
    const id = fromBase64(pasted);
    if (id) return { kind: 'ask', text: id };
  }
  return { kind: 'ask', text: pasted };
}

/** The canonical form of a trace id in an old link: lower case, with its zeros, no base64. Null if it is no trace id. */
export function traceIdIn(text: string): string | null {
  const pasted = readPasted(text);
  if (pasted?.kind === 'trace') return pasted.id;
  return pasted?.kind === 'ask' && /^[0-9a-f]{16}$/.test(pasted.text) ? pasted.text : null;
}

/** Something with the id that was asked for. */
export interface Hit {
  kind: 'trace' | 'span' | 'debug';
  traceId: string;
  spanId?: string;
  service: string;
  operation: string;
  startUnixNanos: string;
}

export interface Looked {
  hits: Hit[];
  /** Where the server looked, in words. */
  looked: string[];
}

export function lookup(id: string, signal: AbortSignal): Promise<Looked> {
  return askJson(`lookup?${new URLSearchParams({ id })}`, signal);
}

/** Lower case; 16 digits for a 64-bit id, 32 otherwise. */
function canonical(hex: string): string {
  const digits = hex.toLowerCase().replace(/^0+/, '') || '0';
  return digits.padStart(digits.length > 16 ? 32 : 16, '0');
}

function fromBase64(text: string): string | null {
  try {
    const bytes = atob(text.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, ''));
    return canonical(Array.from(bytes, (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join(''));
  } catch {
    return null;
  }
}
