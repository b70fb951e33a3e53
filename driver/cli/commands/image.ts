import type { Command } from 'commander';
import type { BootImage } from '../../image/image.js';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot image build                       the embedded image, fast layout
  $ tapboot image build debian:iso            the same as an ISO
  $ tapboot image fetch                       download its packages; build it later, offline
  $ tapboot image info file:live.iso          how tapboot would boot it
  $ tapboot image info --json nix:.#bootImage

SPEC: provider[:target][,key=value…] (default: $TAPBOOT_IMAGE, else \`debian\`).
`;

interface ImageOptions {
  json?: true;
}

/** `tapboot image build|fetch|info`: makes an image available, and says what it is. */
export function addImageCommand(program: Command, context: CommandContext): void {
  const image = program.command('image').description('build and inspect boot images');
  image
    .command('build')
    .description('build an image, or find it in the cache')
    .argument('[spec]', 'which image')
    .addHelpText('after', EXAMPLES)
    .action(async (spec: string | undefined) => {
      const built = await provide(spec, context);
      const how = built.cached ? 'from the cache' : `built in ${String(built.buildSeconds)} s`;
      context.outside.stdout.write(`${built.spec}: ${how}, identity ${built.identity}\n`);
    });
  image
    .command('fetch')
    .description('download what an image is made of, where that is possible before the build')
    .argument('[spec]', 'which image')
    .addHelpText('after', EXAMPLES)
    .action(async (spec: string | undefined) => {
      const { obtainParts } = await import('../obtain-image.js');
      const there = await interruptible((signal) => obtainParts(spec, context.outside, signal));
      context.outside.stdout.write(`${there}\n`);
    });
  image
    .command('info')
    .description('show the parts of an image; build it if it is not in the cache')
    .argument('[spec]', 'which image')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (spec: string | undefined, options: ImageOptions) => {
      const built = await provide(spec, context);
      const text = options.json === true ? JSON.stringify(built, null, 2) : imageText(built);
      context.outside.stdout.write(`${text}\n`);
    });
}

async function provide(spec: string | undefined, { outside }: CommandContext): Promise<BootImage> {
  const { obtainImage } = await import('../obtain-image.js');
  return await interruptible((signal) => obtainImage(spec, outside, signal));
}

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { interruptSignal } = await import('../interrupt.js');
  const { signal, release } = interruptSignal();
  try {
    return await work(signal);
  } finally {
    release();
  }
}

/** What of an image can be shown: text, numbers, lists of text, and mappings of these. */
interface Facts {
  [key: string]: string | number | boolean | readonly string[] | Facts | undefined;
}

/** One `key: value` a line, nested keys indented. */
function imageText({ provider, spec, identity, cached, buildSeconds, ...rest }: BootImage): string {
  const { medium, access, artifact } = rest;
  const facts: Facts = { provider, spec, identity, cached, buildSeconds };
  return lines({ ...facts, medium: { ...medium }, access: { ...access }, artifact }, '').join('\n');
}

function lines(facts: Facts, indent: string): string[] {
  return Object.entries(facts).flatMap(([key, fact]) => {
    if (fact === undefined) return [];
    if (isList(fact)) return [`${indent}${key}: ${fact.join(' ')}`];
    if (typeof fact === 'object') return [`${indent}${key}:`, ...lines(fact, `${indent}  `)];
    return [`${indent}${key}: ${String(fact)}`];
  });
}

const isList = (fact: Facts[string]): fact is readonly string[] => Array.isArray(fact);
