/** What the provider can be told: `file:…,KEY=VALUE`. It judges values and combinations itself. */
export const keys: readonly string[] = [
  'kernel',
  'initrd',
  'root',
  'append',
  'format',
  'backing',
  'boot',
  'entry',
  'user',
  'password',
  'access',
];
