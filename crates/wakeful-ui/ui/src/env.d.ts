/** The version these assets were built for; empty in development. */
declare const __WAKEFUL_VERSION__: string;
