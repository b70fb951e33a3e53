import t from 'tap';
import { readOptions } from '../../../driver/image/debian/options.js';
import { parseImageSpec } from '../../../driver/image/spec.js';

const read = (text: string) => readOptions(parseImageSpec(text), '/base');

t.test('what a SPEC means', (t) => {
  t.strictSame(read('debian'), {
    layout: 'fast',
    boot: 'bios',
    agent: { kind: 'reference' },
    layers: [],
  });
  t.strictSame(read('debian:iso,boot=uefi,agent=none,layer=a+/b'), {
    layout: 'iso',
    boot: 'uefi',
    agent: { kind: 'none' },
    layers: ['/base/a', '/b'],
  });
  t.strictSame(read('debian,agent=mine').agent, { kind: 'directory', path: '/base/mine' });
  t.end();
});

t.test('what it cannot mean', (t) => {
  for (const [text, got, hint] of [
    ['debian:fats', 'layout “fats”', '“fast”'],
    ['debian:iso,boot=efi', 'boot “efi”', '“uefi”'],
  ] as const) {
    t.throws(() => read(text), {
      code: 'TAPBOOT_E_IMAGE_OPTION',
      failureClass: 'scenario',
      message: new RegExp(got),
      details: { hint: new RegExp(hint) },
    });
  }
  t.throws(() => read('debian:fast,boot=bios'), { message: /belongs to the ISO/ });
  const unknown = { provider: 'debian', target: '', options: { bot: 'x' }, text: 'x' } as const;
  try {
    readOptions(unknown, '/');
    t.fail('accepted');
  } catch (error) {
    t.match(error, { details: { hint: 'Did you mean “boot”?' } });
  }
  t.end();
});
