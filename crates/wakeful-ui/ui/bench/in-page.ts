/** What runs inside of the page while it is measured: installed once, called by name. All times are milliseconds. */
export interface Bench {
  /** Turns the wheel so many times, each after the picture of the one before, and says how long that took. */
  wheel(times: number, how: 'zoom' | 'pan'): Promise<Steps>;
  /** Moves the pointer over as many places of the bars, and says how long each tooltip took that came. */
  hover(times: number): Promise<number[]>;
  /** From a key to the picture that has another count of rows. */
  key(key: string): Promise<number>;
  /** From typing to the count of matches in names, and to that of all, which the server knows. */
  find(text: string): Promise<{ names: number; all: number }>;
  /** From a view's digit to what it shows. */
  view(digit: string): Promise<number>;
}

export interface Steps {
  /** From the event to the picture. */
  shown: number[];
  /** The longest time in which the page's own thread did nothing else, for each step. */
  gaps: number[];
}

declare global {
  interface Window {
    bench: Bench;
  }
}

/** Serialised into the page: it must not refer to anything outside of itself. */
export function install(): void {
  const timeline = () => document.querySelector<HTMLElement>('[data-testid=timeline]') as HTMLElement;
  const rows = () => timeline().querySelector('.rows') as HTMLElement;
  const LATE_MS = 30_000;

  /** Resolves when `so` holds, looked at whenever the page changes. */
  const until = (so: () => boolean): Promise<number> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('waited in vain for the page')), LATE_MS);
      const done = () => {
        watching.disconnect();
        clearTimeout(late);
        resolve(performance.now());
      };
      const watching = new MutationObserver(() => so() && done());
      watching.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      if (so()) done();
    });

  /** Notes how long the thread was busy at a stretch. It looks every few milliseconds, so as not to be busy itself. */
  const gaps = () => {
    const EVERY_MS = 4;
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last - EVERY_MS);
      last = now;
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      return longest;
    };
  };

  const place = (share: number, y: number) => {
    const box = rows().getBoundingClientRect();
    const canvas = rows().querySelector('canvas')?.getBoundingClientRect() ?? box;
    return { clientX: canvas.left + canvas.width * share, clientY: box.top + y, bubbles: true, cancelable: true };
  };

  window.bench = {
    async wheel(times, how) {
      const steps: { shown: number[]; gaps: number[] } = { shown: [], gaps: [] };
      for (let i = 0; i < times; i++) {
        const window = () => `${timeline().dataset.t0} ${timeline().dataset.nsPerPx}`;
        const before = window();
        const stop = gaps();
        const began = performance.now();
        // In and out again, here and there; panning goes on in one direction, and back.
        const back = i % 20 >= 10;
        rows().dispatchEvent(
          how === 'zoom'
            ? new WheelEvent('wheel', { ...place(0.2 + (0.6 * (i % 7)) / 7, 200), ctrlKey: true, deltaY: back ? 220 : -220 })
            : new WheelEvent('wheel', { ...place(0.5, 200), deltaX: back ? -37 : 37 }),
        );
        steps.shown.push((await until(() => window() !== before)) - began);
        steps.gaps.push(stop());
      }
      return steps;
    },
    async hover(times) {
      const took: number[] = [];
      const height = rows().clientHeight;
      for (let i = 0; i < times; i++) {
        const over = (share: number, y: number) =>
          rows().dispatchEvent(new PointerEvent('pointermove', { ...place(share, y), pointerType: 'mouse' }));
        over(0.999, height - 2);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const began = performance.now();
        over(((i * 0.618) % 0.9) + 0.05, 10 + ((i * 37) % (height - 20)));
        const shown = await Promise.race([
          until(() => document.querySelector('.tooltip') !== null),
          new Promise<number>((resolve) => setTimeout(() => resolve(-1), 200)),
        ]);
        if (shown >= 0) took.push(shown - began);
      }
      return took;
    },
    async key(key) {
      const before = timeline().dataset.visible;
      const seq = timeline().dataset.seq;
      rows().focus();
      const began = performance.now();
      rows().dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey: true, bubbles: true, cancelable: true }));
      return (await until(() => timeline().dataset.visible !== before && timeline().dataset.seq !== seq)) - began;
    },
    async find(text) {
      const field = document.querySelector<HTMLInputElement>('.find input') as HTMLInputElement;
      const count = () => document.querySelector('#find-count')?.textContent ?? '';
      const before = count();
      field.value = text;
      const began = performance.now();
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      const found = await until(() => count() !== before && count() !== '' && !count().startsWith('looking'));
      const all = await until(() => !count().endsWith('…'));
      return { names: found - began, all: all - began };
    },
    async view(digit) {
      const began = performance.now();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: digit, bubbles: true, cancelable: true }));
      const views = ['', 'timeline', 'graph', 'statistics', 'table', 'flame', 'logs'];
      const said = () => document.querySelector('section.view .hint[role=status]')?.textContent ?? '';
      const busy = () => document.querySelector('section.view [aria-busy=true]') !== null;
      const here = () => document.querySelector('article.trace')?.getAttribute('data-view') === views[Number(digit)];
      return (await until(() => here() && (digit === '1' || (said() !== '' && !said().endsWith('…') && !busy())))) - began;
    },
  };
}
