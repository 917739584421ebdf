import { parseDuration, writeDuration } from './duration.ts';
import type { Form } from './query.ts';
import { readTags } from './tags.ts';

/**
 * What the form asks, as TraceQL: one span must meet all conditions. The server writes the same text in the last line of its
 * answer; the two are held together by a test in the browser.
 */
export function writeTraceql(form: Form): string {
  const conditions: string[] = [];
  if (form.service) conditions.push(`resource.service.name = ${quoted(form.service)}`);
  if (form.operation !== null) conditions.push(`name = ${quoted(form.operation)}`);
  for (const [key, value] of readTags(form.tags).pairs) conditions.push(`${attribute(key)} = ${literal(value)}`);
  const least = parseDuration(form.minDuration);
  const most = parseDuration(form.maxDuration);
  if (least !== null) conditions.push(`duration >= ${writeDuration(least)}`);
  if (most !== null) conditions.push(`duration <= ${writeDuration(most)}`);
  return conditions.length === 0 ? '{ }' : `{ ${conditions.join(' && ')} }`;
}

/** An attribute wherever it stands; in quotes if its name would end early. */
function attribute(key: string): string {
  return /^[\p{L}\p{N}._/-]+$/u.test(key) ? `.${key}` : `.${quoted(key)}`;
}

/** TraceQL compares by type, so what looks like a number or a truth is written as one. */
export function literal(value: string): string {
  return /^-?(\d+\.?\d*|\.\d+)$/.test(value) || value === 'true' || value === 'false' ? value : quoted(value);
}

export function quoted(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}

/** What a condition may begin with; attributes begin with a dot, wherever they stand. */
export const FIELDS = ['resource.service.name', 'name', 'duration', 'status', 'kind', '.'] as const;

/** Values that are words of the language. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  status: ['error', 'ok'],
  kind: ['internal', 'server', 'client', 'producer', 'consumer'],
};

/** What could be completed at a place of a query. */
export type QueryPlace =
  | { what: 'word' | 'key'; from: number; prefix: string }
  | { what: 'value'; from: number; prefix: string; key: string };

/** Null inside of what is complete. */
export function queryPlace(text: string, caret: number): QueryPlace | null {
  const before = text.slice(0, caret);
  const value = /((?:(?:span|resource)?\.)?[\w./-]+)\s*!?=\s*"?((?:[^"\\\s&}]|\\.)*)$/.exec(before);
  if (value && !/=\s*"[^"]*"$/.test(before)) {
    return { what: 'value', from: caret - value[2].length, prefix: value[2], key: keyOf(value[1]) };
  }
  const key = /(?:^|[\s({&])(?:span|resource)?\.([\w./-]*)$/.exec(before);
  if (key) return { what: 'key', from: caret - key[1].length, prefix: key[1] };
  const word = /(?:^|[\s({&])([a-z.]*)$/.exec(before);
  return word && before.includes('{') ? { what: 'word', from: caret - word[1].length, prefix: word[1] } : null;
}

function keyOf(name: string): string {
  return name === 'name' ? 'name' : name.replace(/^(span|resource)?\./, '');
}
