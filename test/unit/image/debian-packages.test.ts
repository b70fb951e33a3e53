import t from 'tap';
import { selectSources } from '../../../driver/image/debian/apt.js';
import { debFile, parseSimulation } from '../../../driver/image/debian/packages.js';
import { flattenIndex } from '../../../driver/image/debian/repository.js';

t.test('sources', (t) => {
  const line = (uri: string, suite: string): string =>
    `'${uri}/dists/${suite}/InRelease' some_file 0 \n`;
  const bookworm =
    line('http://a.test/debian', 'bookworm') +
    line('http://a.test/debian-security', 'bookworm-security') +
    line('http://a.test/debian', 'bookworm-backports') +
    line('http://other.test/tools', 'stable') +
    `'http://a.test/debian/dists/bookworm/main/binary-amd64/Packages.xz' x 0 \n`;
  const uris = (text: string): string[] =>
    [...text.matchAll(/^deb \[.*\] (\S+ \S+) main$/gm)].map((match) => match[1] ?? '');

  t.strictSame(
    uris(selectSources(bookworm, false)),
    ['http://a.test/debian/ bookworm', 'http://a.test/debian-security/ bookworm-security'],
    'only the suite of the image, no backports, nobody else',
  );
  const trixie =
    line('http://a.test/debian', 'trixie') +
    line('http://a.test/debian', 'trixie-updates') +
    line('http://other.test/tools', 'trixie');
  t.equal(selectSources(trixie, false), '');
  t.strictSame(uris(selectSources(trixie, true)), [
    'http://a.test/debian/ bookworm',
    'http://a.test/debian/ bookworm-updates',
  ]);
  t.end();
});

t.test('what apt would install', (t) => {
  const packages = parseSimulation(
    [
      'Inst zlib1g (1:1.2.13.dfsg-1 Debian:12.15/stable [amd64]) []',
      'Conf zlib1g (1:1.2.13.dfsg-1 Debian:12.15/stable [amd64])',
      'Inst base-files (12.4+deb12u15 Debian:12.15/stable, Debian-Security:12 [amd64])',
      'Inst adduser (3.134 Debian:12.15/stable [all])',
    ].join('\n'),
  );
  t.strictSame(packages.map(debFile), [
    'adduser_3.134_all.deb',
    'base-files_12.4+deb12u15_amd64.deb',
    'zlib1g_1%3a1.2.13.dfsg-1_amd64.deb',
  ]);
  t.end();
});

t.test('an index of files in one directory', (t) => {
  const index = flattenIndex(
    'Package: a\nVersion: 1:2\nArchitecture: all\nFilename: pool/a/a_2_all.deb\nSHA256: 00\n\n' +
      'Package: b\nVersion: 3\nArchitecture: amd64\nFilename: pool/b/b.deb\nDescription: x\n y\n\n',
  );
  t.match(index, /Filename: \.\/a_1%3a2_all\.deb\nSHA256: 00\n\nPackage: b/);
  t.match(index, /Filename: \.\/b_3_amd64\.deb\nDescription: x\n y\n$/);
  t.end();
});
