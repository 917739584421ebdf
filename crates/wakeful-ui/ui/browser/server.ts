import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { generated, type MockTrace } from '../dev/mock-trace.ts';
import { startMock } from './mock-server.ts';
import { sendMiniRedis, sendTrace } from './send.ts';

/** A running server of the page. */
export interface Server {
  url: string;
  /** Where it takes OTLP over HTTP; absent if the answers are generated. */
  otlp?: string;
  /** Where it listens as Jaeger's agent; absent likewise. */
  agent?: string;
  stop(): Promise<void>;
}

/** What is stored before a test begins. */
export interface Stored {
  miniRedis: boolean;
  /** Spans of one large trace; 0 for none. */
  large: number;
  /** Small traces of several services besides, over three quarters of an hour; the mock always has them. */
  small?: number;
  /** Where the page lives; `/` if absent. */
  basePath?: string;
}

/** When the tests take place (Unix ms): shortly after mini-redis' spans were captured. */
export const NOW = Date.UTC(2026, 10, 21, 8, 10);

/** The address of a search for a service in the hour before. `lookback` alone would count from the server's clock. */
export function searchFor(service: string): string {
  return `/search?service=${service}&lookback=1h&start=${NOW - 3_600_000}000&end=${NOW}000`;
}

export function largeId(spans: number): string {
  return String(spans).padStart(32, 'a');
}

/** Of 3, 5, 7 … spans, one each minute and a half. */
function smallTraces(count: number): MockTrace[] {
  return Array.from({ length: count }, (_, i) => {
    const base = BigInt(NOW - 300_000 - i * 90_000) * 1_000_000n;
    return generated(smallId(i), 3 + i * 2, base, 1e6 * (1 + (i % 7)) ** 3);
  });
}

export function smallId(index: number): string {
  return String(index).padStart(32, 'b');
}

const LISTENERS = [
  'otlp-grpc',
  'otlp-http',
  'jaeger-compact',
  'jaeger-binary',
  'jaeger-http',
  'query',
  'health',
  'metrics',
];
const READY_MS = 30_000;
const STOP_MS = 10_000;
const STORED_MS = 60_000;

/**
 * Starts the binary that `WAKEFUL_BIN` names, on free ports and with a folder of its own, and fills it through its
 * receivers. Without the variable, the built page runs on generated answers: enough to work on the page, not to release it.
 */
export async function start(stored: Stored): Promise<Server> {
  const binary = process.env.WAKEFUL_BIN;
  if (!binary) return startMock(process.env.WAKEFUL_UI_DIST ?? join(import.meta.dirname, '..', 'dist'), NOW, stored);
  const { url, ready, stop } = await run(binary, 'serve', stored.basePath ? ['--base-path', stored.basePath] : []);
  try {
    if (stored.miniRedis) await sendMiniRedis(ready.listeners['jaeger-compact']);
    if (stored.large > 0) {
      const trace = generated(largeId(stored.large), stored.large, BigInt(NOW - 600_000) * 1_000_000n, 41e9);
      await sendTrace(ready.listeners['otlp-http'], trace);
    }
    for (const trace of smallTraces(stored.small ?? 0)) await sendTrace(ready.listeners['otlp-http'], trace);
    if (stored.miniRedis) await poll(async () => (await services(url)).includes('mini-redis'), 'mini-redis is stored');
    return { url, otlp: ready.listeners['otlp-http'], agent: ready.listeners['jaeger-compact'], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a server with a program beside it that keeps sending to it: the binary's own demo, which there is none of without a binary. */
export async function startDemo(requestsPerSecond: number): Promise<Server> {
  const { url, ready, stop } = await run(builtBy('WAKEFUL_BIN'), 'demo', ['--no-open', '--requests-per-second', String(requestsPerSecond)]);
  return { url, otlp: ready.listeners['otlp-http'], stop };
}

/** Starts the example service of context by value (`examples/iox-service`), which sends its spans to the server's agent port. */
export async function startService(server: Server): Promise<{ url: string; stop(): Promise<void> }> {
  const [host, port] = server.agent?.split(':') ?? [];
  const env = { PATH: process.env.PATH, TRACES_EXPORTER: 'jaeger', TRACES_EXPORTER_JAEGER_AGENT_HOST: host, TRACES_EXPORTER_JAEGER_AGENT_PORT: port };
  const child = spawn(builtBy('WAKEFUL_IOX_SERVICE'), ['--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'], env });
  const stop = () => end(child);
  try {
    const line = await firstLine(child);
    return { url: `http://${line.replace('listening on ', '')}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `cargo xtask test` has built and names in the environment. */
export function builtBy(variable: string): string {
  const path = process.env[variable];
  if (!path) throw new Error(`this test needs what cargo builds: run it by \`cargo xtask test\`, or set ${variable}`);
  return path;
}

/** A subcommand of the binary on free ports, with a folder of its own. */
async function run(binary: string, subcommand: string, more: readonly string[]): Promise<{ url: string; ready: Ready; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'wakeful-browser-'));
  const ports = LISTENERS.flatMap((name) => [`--${name}-port`, '0']);
  const child = spawn(binary, [subcommand, '--data-dir', folder, '--ready-json', ...ports, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ready = JSON.parse(await firstLine(child)) as Ready;
    return { url: ready.url.replace(/\/$/, ''), ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Ready {
  url: string;
  listeners: Record<string, string>;
}

/** What a program says when it is ready. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${child.spawnfile} was not ready in time`)), READY_MS);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code} before it was ready`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(late);
      resolve(line);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(late);
}

async function services(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/api/ui/services`);
  return ((await answer.json()) as { services: string[] }).services;
}

/** Asks until it is so, up to a deadline. */
async function poll(so: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + STORED_MS;
  while (!(await so())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
