/** 32 characters of Nix' base 32 (no e, o, t, u), a dash, a name: the last part of a store path. */
const STORE_PATH = /^(\/(?:[^/]+\/)*store\/[0-9abcdfghijklmnpqrsvwxyz]{32}-[^/]+)(?:\/.*)?$/;

/** Whether a path lies in a Nix store, wherever that store is. */
export function isStorePath(path: string): boolean {
  return STORE_PATH.test(path);
}

/** The store object that a path belongs to: `/nix/store/<hash>-<name>`; undefined outside a store. */
export function storeObjectOf(path: string): string | undefined {
  return STORE_PATH.exec(path)?.[1];
}

/** Whether a target names outputs of a recipe in the store, to be built: `/nix/store/….drv^out`. */
export function isDerivationOutput(target: string): boolean {
  return isStorePath(target) && /\.drv\^[\w*,]+$/.test(target);
}
