/**
 * Jaeger's parameter `svcFilter`: which services of a trace are shown, as a checksum of their sorted names and a bit for each. Names
 * are sorted by UTF-16 units, as there.
 */

/** So much of the list of services as tells whether it is still the one that a link was made for. */
export function checksum(sorted: readonly string[]): string {
  let hash = 0x811c;
  const text = sorted.join('\0');
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0101) & 0xffff;
  return hash.toString(16).padStart(4, '0');
}

/** The parameter for what is hidden; empty if nothing is, or if nothing would be left. */
export function encodeFilter(services: readonly string[], hidden: readonly string[]): string {
  const sorted = [...services].sort();
  const shown = sorted.map((name) => !hidden.includes(name));
  if (shown.every(Boolean) || !shown.some(Boolean)) return '';
  const mask = shown.reduceRight((bits, bit) => (bits << 1n) | (bit ? 1n : 0n), 0n);
  return `${checksum(sorted)}.${mask.toString(16)}`;
}

/** The services that a parameter hides; null if it is not one, or was made for other services than these. */
export function decodeFilter(services: readonly string[], parameter: string): string[] | null {
  const sorted = [...services].sort();
  const [, sum, digits] = /^([\da-f]{4})\.([\da-f]+)$/i.exec(parameter) ?? [];
  if (!digits || digits.length > Math.ceil(sorted.length / 4) + 1) return null;
  if (sum.toLowerCase() !== checksum(sorted)) return null;
  const mask = BigInt(`0x${digits}`);
  const hidden = sorted.filter((_, place) => ((mask >> BigInt(place)) & 1n) === 0n);
  return hidden.length === sorted.length ? null : hidden;
}

/** What may be hidden: the service of a single root never, and of several roots one always stays. */
export function allowed(hidden: readonly string[], roots: readonly string[]): string[] {
  if (roots.length === 1) return hidden.filter((name) => name !== roots[0]);
  return roots.length > 0 && roots.every((name) => hidden.includes(name)) ? [] : [...hidden];
}
