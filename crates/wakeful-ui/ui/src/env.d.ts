/** The version these assets were built for; empty in development. */
declare const __WAKEFUL_VERSION__: string;

declare module '*?chunk' {
  /** The address of a web worker (`dev/shared-worker-chunks.ts`). */
  const url: string;
  export default url;
}
