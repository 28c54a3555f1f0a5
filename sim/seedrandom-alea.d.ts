// seedrandom's alea alone. The package's main file draws from Math.random when it is loaded, and its types
// describe only that file.

declare module "seedrandom/lib/alea.js" {
  /** A generator that gives multiples of 2^-32 from 0 up to, not including, 1. */
  function alea(seed: string): () => number;
  export = alea;
}
