import { basename, dirname } from 'node:path';
import type { Plugin } from 'vite';

/** What an import of a web worker's address ends with. */
const ASKED = '?chunk';

/**
 * `import url from './worker.ts?chunk'` gives the address of a web worker that shares its modules with the page. Vite's own
 * `?worker` bundles each web worker apart: the decoder of Arrow and the engine would be in the assets two and three times.
 */
export function sharedWorkerChunks(): Plugin {
  let built = false;
  return {
    name: 'shared-worker-chunks',
    enforce: 'pre',
    configResolved({ command }) {
      built = command === 'build';
    },
    async resolveId(source, importer) {
      if (!source.endsWith(ASKED)) return null;
      const found = await this.resolve(source.slice(0, -ASKED.length), importer);
      return found && `\0${found.id}${ASKED}`;
    },
    load(id) {
      if (!id.startsWith('\0') || !id.endsWith(ASKED)) return null;
      const file = id.slice(1, -ASKED.length);
      // The development server bundles nothing, so nothing is there twice.
      if (!built) return `export { default } from ${JSON.stringify(`${file}?worker&url`)};`;
      // Chunks of one name are taken for one.
      const name = `${basename(dirname(file))}-worker`;
      const chunk = this.emitFile({ type: 'chunk', id: file, name });
      return `export default import.meta.ROLLUP_FILE_URL_${chunk};`;
    },
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const importsOf = (name: string): string[] => chunks.find(({ fileName }) => fileName === name)?.imports ?? [];
      const page = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith('index.html'))?.fileName;
      for (const { name, fileName } of chunks.filter(({ name }) => name.endsWith('-worker'))) {
        const needed = new Set([fileName]);
        for (const file of needed) for (const other of importsOf(file)) needed.add(other);
        // The bundler may put what both need where the page starts.
        if (page && needed.has(page)) this.error(`${name} would start the page as well`);
      }
    },
  };
}
