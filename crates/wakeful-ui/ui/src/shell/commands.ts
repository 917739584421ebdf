import { signal } from '@preact/signals';
import type { Scope } from './keys.ts';

/** What the page on screen does for the global keys; it sets this while it is there. */
export interface PageCommands {
  /** Moves the focus to the page's find or filter. */
  find?: () => void;
  /** Takes one layer away: returns whether there was one. */
  close?: () => boolean;
  /** Keys that act on this page besides the global ones, and what does them: the palette offers them. */
  keys?: { scopes: readonly Scope[]; perform: (action: string) => void };
  /** What the page can do that has no key. */
  actions?: readonly PageAction[];
}

export interface PageAction {
  name: string;
  run: () => void;
}

export const pageCommands = signal<PageCommands>({});

/** The status line at the foot of the page. */
export const status = signal('');

export interface Toast {
  id: number;
  text: string;
  failed: boolean;
}

export const toasts = signal<readonly Toast[]>([]);

let count = 0;

/** Says something in passing: never the only place of a message. Failures stay until they are closed. */
export function toast(text: string, failed = false): void {
  const id = ++count;
  toasts.value = [...toasts.value, { id, text, failed }].slice(-3);
  if (!failed) window.setTimeout(() => closeToast(id), 6000);
}

export function closeToast(id: number): void {
  toasts.value = toasts.value.filter((shown) => shown.id !== id);
}

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${what}`);
  } catch {
    toast(`The browser did not let ${what} be copied`, true);
  }
}

export function copyLink(): void {
  void copy(window.location.href, 'a link to this view');
}
