/** What the provider can be told: `debian:…,KEY=VALUE`. It judges values and combinations itself. */
export const keys: readonly string[] = ['boot', 'agent', 'layer'];
