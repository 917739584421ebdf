import { type Value, valueText } from '../../data/span.ts';

/** A value as a tree: what has parts can be opened. */
export interface Node {
  /** Its key or place within the value above; empty at the top. */
  name: string;
  /** What stands for it on one line. */
  text: string;
  /** Null for a leaf. */
  parts: (() => Node[]) | null;
}

/** Longer texts are not looked at as JSON: reading them would hold the page up. */
const JSON_MAX = 256 * 1024;

/** The tree of a value with parts, or of a text that is a JSON object or array; null for all others. */
export function treeOf(value: Value): Node | null {
  if (value.type === 'array' || value.type === 'map') return typed('', value);
  if (value.type !== 'string' || value.cut || value.value.length > JSON_MAX || !/^\s*[[{]/.test(value.value)) return null;
  try {
    const parsed: unknown = JSON.parse(value.value);
    return typeof parsed === 'object' && parsed !== null ? json('', parsed) : null;
  } catch {
    return null;
  }
}

function typed(name: string, value: Value): Node {
  if (value.type === 'array') {
    return { name, text: `[${value.value.length}]`, parts: () => value.value.map((part, i) => typed(String(i), part)) };
  }
  if (value.type === 'map') {
    return { name, text: `{${value.value.length}}`, parts: () => value.value.map((part) => typed(part.key, part)) };
  }
  return { name, text: valueText(value), parts: null };
}

function json(name: string, value: unknown): Node {
  if (Array.isArray(value)) return { name, text: `[${value.length}]`, parts: () => value.map((part, i) => json(String(i), part)) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return { name, text: `{${entries.length}}`, parts: () => entries.map(([key, part]) => json(key, part)) };
  }
  return { name, text: typeof value === 'string' ? JSON.stringify(value) : String(value), parts: null };
}

/** Bytes in hex as pairs, eight to a group. */
export function hexGroups(hex: string): string {
  return (hex.match(/.{1,16}/g) ?? []).map((group) => (group.match(/.{1,2}/g) ?? []).join(' ')).join('  ');
}
