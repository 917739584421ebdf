import type { TrustedScript } from '../engine/client.ts';

interface Policy {
  createScriptURL(url: string): TrustedScript;
}

interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

/** The page's one Trusted Types policy: it admits scripts of this page's assets, and the web worker is one. */
const policy = (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy('wakeful', {
  createScriptURL(url) {
    if (new URL(url, document.baseURI).origin !== window.location.origin) {
      throw new TypeError('a script from elsewhere was refused');
    }
    return url;
  },
});

export function trustedScript(url: string): string | TrustedScript {
  return policy ? policy.createScriptURL(url) : url;
}
