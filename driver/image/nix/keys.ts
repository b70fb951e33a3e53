/** What the provider can be told: `nix:…,KEY=VALUE`. It judges values and combinations itself. */
export const keys: readonly string[] = ['boot', 'entry', 'append', 'user', 'password', 'access'];
