/**
 * What the command `wasm-mlp verify` is built of. command.d.mts has its types, without those of the library's sources.
 */
export {
  compareNetworks,
  formatHashes,
  hashNetworks,
  machineHere,
  parseHashes,
  verifyVectors,
} from './verification.mjs';
