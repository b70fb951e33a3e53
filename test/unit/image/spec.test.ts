import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TapbootError } from '../../../driver/errors.js';
import { parseImageSpec } from '../../../driver/image/spec.js';

const HASH = '0123456789abcdfghijklmnpqrsvwxyz';

/** The error that a SPEC is refused with. */
function refusal(text: string, workingDirectory = '/'): TapbootError {
  try {
    parseImageSpec(text, workingDirectory);
  } catch (error) {
    if (error instanceof TapbootError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

t.test('SPECs with a provider', async (t) => {
  const cases: [string, string, string, Record<string, string>][] = [
    ['debian', 'debian', '', {}],
    ['debian:iso,boot=uefi,agent=DIR', 'debian', 'iso', { boot: 'uefi', agent: 'DIR' }],
    ['debian,agent=none', 'debian', '', { agent: 'none' }],
    ['nix', 'nix', '', {}],
    ['nix:.#bootImage', 'nix', '.#bootImage', {}],
    ['nix:./dir#a.b,boot=direct', 'nix', './dir#a.b', { boot: 'direct' }],
    ['nix:git+file:///x?ref=main#iso', 'nix', 'git+file:///x?ref=main#iso', {}],
    ['file:a b.iso,user=nixos,password=', 'file', 'a b.iso', { user: 'nixos', password: '' }],
    [
      'file:kernel=K,initrd=I+I2,root=R,append="console=ttyS0,115200 root=/dev/sr0"',
      'file',
      '',
      { kernel: 'K', initrd: 'I+I2', root: 'R', append: 'console=ttyS0,115200 root=/dev/sr0' },
    ],
    [`file:"/a,b.iso",entry='x "y", z'`, 'file', '/a,b.iso', { entry: 'x "y", z' }],
    [
      String.raw`file:x.iso,entry="a \"b\" \\"`,
      'file',
      'x.iso',
      { entry: String.raw`a "b" \ `.trim() },
    ],
    ["file:it's.iso,boot=bios", 'file', "it's.iso", { boot: 'bios' }],
  ];
  for (const [text, provider, target, options] of cases) {
    t.same(parseImageSpec(text, '/'), { provider, target, options, text }, text);
  }
});

t.test('bare paths', async (t) => {
  const directory = t.testdir({ plain: '', 'a,boot=x.iso': '', debian: '' });
  const store = join(directory, 'store');
  const object = join(store, `${HASH}-image`);
  mkdirSync(object, { recursive: true });
  writeFileSync(join(object, 'x.iso'), '');
  writeFileSync(join(store, `${HASH}-disk.qcow2`), '');
  symlinkSync(object, join(directory, 'result'));
  const at = (text: string) => {
    const { provider, target, options } = parseImageSpec(text, directory);
    return [provider, target, options];
  };
  t.same(at('plain'), ['file', 'plain', {}], 'a name without dot or slash, when it exists');
  t.same(at('plain,boot=uefi'), ['file', 'plain', { boot: 'uefi' }]);
  t.same(at('missing.iso,boot=uefi'), ['file', 'missing.iso', { boot: 'uefi' }]);
  t.same(at('a,boot=x.iso'), ['file', 'a,boot=x.iso', {}], 'a comma in a name that exists');
  t.same(at('debian'), ['debian', '', {}], 'a provider goes before a file of its name');
  t.same(at('./debian'), ['file', './debian', {}]);
  t.same(at('./result'), ['nix', object, {}], 'a result link is a finished nix build');
  t.same(at('result/x.iso,boot=direct'), ['nix', join(object, 'x.iso'), { boot: 'direct' }]);
  t.same(at(`store/${HASH}-disk.qcow2`)[0], 'file', 'a disk in the store is a file');
  t.same(at(`/nix/store/${HASH}-gone`), ['nix', `/nix/store/${HASH}-gone`, {}]);
});

t.test('what is wrong is said, with the nearest right word', async (t) => {
  const cases: [string, `TAPBOOT_E_${string}`, RegExp, RegExp][] = [
    ['', 'TAPBOOT_E_IMAGE_SPEC', /empty/, /./],
    ['  ', 'TAPBOOT_E_IMAGE_SPEC', /empty/, /./],
    ['debain:iso', 'TAPBOOT_E_IMAGE_PROVIDER', /“debain”/, /Did you mean “debian”/],
    ['flie:./x.iso', 'TAPBOOT_E_IMAGE_PROVIDER', /“flie”/, /Did you mean “file”/],
    ['github:o/r', 'TAPBOOT_E_IMAGE_PROVIDER', /“github”/, /Examples/],
    ['file:x.iso,bot=bios', 'TAPBOOT_E_IMAGE_OPTION', /“bot”/, /Did you mean “boot”/],
    ['nix:.#x,kernel=k', 'TAPBOOT_E_IMAGE_OPTION', /“kernel”/, /quotes/],
    ['file:x.iso,', 'TAPBOOT_E_IMAGE_OPTION', /empty option/, /./],
    ['file:x.iso,boot', 'TAPBOOT_E_IMAGE_OPTION', /“boot” has no value/, /./],
    ['file:x.iso,boot=bios,boot=uefi', 'TAPBOOT_E_IMAGE_OPTION', /given twice/, /./],
    ['file:x.iso,append=console=ttyS0,115200', 'TAPBOOT_E_IMAGE_OPTION', /“115200”/, /quotes/],
    ['file:x.iso,append="a,b', 'TAPBOOT_E_IMAGE_SPEC', /quote/, /./],
    ['file:x.iso,append="a"b', 'TAPBOOT_E_IMAGE_SPEC', /quote/, /./],
    ["file:'x.iso", 'TAPBOOT_E_IMAGE_SPEC', /quote/, /./],
    ['file:x.iso,__proto__=1', 'TAPBOOT_E_IMAGE_OPTION', /“__proto__”/, /./],
  ];
  for (const [text, code, message, hint] of cases) {
    const error = refusal(text);
    t.equal(error.code, code, text);
    t.equal(error.failureClass, 'scenario');
    t.match(error.message, message);
    t.match(`${error.details.hint ?? ''} ${error.details.expected ?? ''}`, hint);
    t.not(error.details.expected, undefined);
  }
});
