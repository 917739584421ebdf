/** Conditions on attributes, as they were typed; `problem` says what could not be read. */
export interface Tags {
  pairs: readonly (readonly [string, string])[];
  problem: string;
}

/** Reads logfmt (`http.status_code=500 user="a b" error`) or a JSON object of strings. A bare word means that it is `true`. */
export function readTags(text: string): Tags {
  const trimmed = text.trim();
  return trimmed.startsWith('{') ? readJson(trimmed) : readLogfmt(trimmed);
}

/** Pairs as one would type them. */
export function writeTags(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([key, value]) => `${key}=${writeValue(value)}`).join(' ');
}

/** A value as logfmt has it: in quotes if it would end early otherwise. */
export function writeValue(value: string): string {
  return /^[^\s"\\]+$/.test(value) ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`;
}

function readJson(text: string): Tags {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return { pairs: [], problem: 'this JSON is not complete: write {"key": "value"}' };
  }
  const pairs: [string, string][] = [];
  for (const [key, value] of Object.entries(read as object)) {
    if (typeof value === 'object') return { pairs: [], problem: `the value of ${key} is no text: write {"key": "value"}` };
    pairs.push([key, String(value)]);
  }
  return { pairs, problem: '' };
}

function readLogfmt(text: string): Tags {
  // The last of two equal keys counts, as in Jaeger.
  const pairs = new Map<string, string>();
  let rest = text;
  while (rest !== '') {
    const part = /^([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|([^\s"]*)(?=\s|$)))?(?=\s|$)/.exec(rest);
    if (!part) return { pairs: [], problem: problemOf(rest) };
    const [whole, key, quoted, bare] = part;
    const value = quoted !== undefined ? quoted.replace(/\\(.)/g, '$1') : bare;
    pairs.set(key, value ?? 'true');
    rest = rest.slice(whole.length).trimStart();
  }
  return { pairs: [...pairs], problem: '' };
}

function problemOf(rest: string): string {
  const word = /^\S+/.exec(rest)?.[0] ?? rest;
  if (word.startsWith('=')) return `${word} has no key before the =`;
  if (/=".*$/.test(word)) return `the quote of ${word} is not closed`;
  return `${word} is not key=value: put values with spaces or quotes into quotes`;
}

/** What could be completed at a place of the text: a key, or a value of a key. `from` is where it begins. */
export interface Place {
  from: number;
  prefix: string;
  /** Absent while the key itself is typed. */
  key?: string;
}

/** Null where nothing can be completed: in JSON. */
export function placeIn(text: string, caret: number): Place | null {
  if (text.trimStart().startsWith('{')) return null;
  const before = text.slice(0, caret);
  const word = /(?:[^\s="]+(?:=(?:"(?:[^"\\]|\\.)*"?|[^\s"]*)?)?)?$/.exec(before)?.[0] ?? '';
  const sign = word.indexOf('=');
  const from = caret - word.length;
  if (sign < 0) return { from, prefix: word };
  const value = word.slice(sign + 1);
  const closed = /^"(?:[^"\\]|\\.)*"$/.test(value);
  return closed ? null : { from: from + sign + 1, prefix: value.replace(/^"/, ''), key: word.slice(0, sign) };
}
