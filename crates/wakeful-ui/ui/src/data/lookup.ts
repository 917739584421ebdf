/**
 * The trace id in what a user pasted: hex of up to 32 digits in any case, base64 of 8 or 16 bytes, a `traceparent`, or
 * the address of a trace in this page or in Jaeger. Null if there is none.
 */
export function traceIdIn(text: string): string | null {
  const pasted = text.trim();
  const inAddress = /\/trace\/([^/?#]+)/.exec(pasted);
  if (inAddress) return traceIdIn(decodeURIComponent(inAddress[1]));
  const parent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/i.exec(pasted);
  if (parent) return parent[1].toLowerCase();
  if (/^(0x)?[0-9a-f]{1,32}$/i.test(pasted)) return canonical(pasted.replace(/^0x/i, ''));
  if (/^[A-Za-z0-9+/_-]{11}=?$|^[A-Za-z0-9+/_-]{22}(==)?$/.test(pasted)) return fromBase64(pasted);
  return null;
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
