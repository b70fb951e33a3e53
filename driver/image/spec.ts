import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { scenarioError } from '../errors.js';
import type { ImageSpec } from './image.js';
import { providerKeys } from './provider-keys.generated.js';
import { isStorePath } from './nix/store-path.js';

const PROVIDERS: readonly string[] = Object.keys(providerKeys);
/** What a provider can be told. */
const keysOf = (provider: string): readonly string[] =>
  providerKeys[provider as keyof typeof providerKeys];

const EXAMPLES = 'debian, debian:iso,boot=uefi, nix:.#bootImage, file:image.iso, image.qcow2';

/**
 * Takes an image SPEC apart: `provider[:target][,key=value…]`, or the bare path of an image.
 * A value with a comma in it is quoted (`append="a,b"`). A bare path into a Nix store (also by
 * a `result` link) is a finished result of the `nix` provider, any other bare path a `file`.
 *
 * @param text the SPEC as the user wrote it
 * @param workingDirectory directory that a bare relative path counts from; it is looked at only
 *   to tell a path from a misspelt provider
 * @throws TapbootError `scenario`, with the nearest provider or option
 */
export function parseImageSpec(text: string, workingDirectory = '.'): ImageSpec {
  const trimmed = text.trim();
  if (trimmed === '') {
    throw scenarioError('TAPBOOT_E_IMAGE_SPEC', 'the image SPEC is empty', {
      expected: `one of: ${EXAMPLES}`,
    });
  }
  const named = /^([a-z]+)(?:([:,])([^]*))?$/.exec(trimmed);
  const provider = PROVIDERS.find((name) => name === named?.[1]);
  if (provider === undefined) return bareSpec(trimmed, workingDirectory, named?.[1]);
  const parts = splitSpec(named?.[3] ?? '', text);
  const first = parts[0] ?? '';
  const hasTarget = named?.[2] === ':' && !isOption(first);
  if (hasTarget) parts.shift();
  return {
    provider,
    target: hasTarget ? unquote(first) : '',
    options: parseOptions(provider, parts, text),
    text,
  };
}

function isOption(part: string): boolean {
  return /^[A-Za-z][\w-]*=/.test(part);
}

/** A path without a provider: whole when it exists as written, else cut at its first comma. */
function bareSpec(text: string, workingDirectory: string, word: string | undefined): ImageSpec {
  const whole = existsSync(resolve(workingDirectory, text));
  const parts = whole ? [text] : splitSpec(text, text);
  const path = whole ? text : unquote(parts[0] ?? '');
  const absolute = resolve(workingDirectory, path);
  const exists = existsSync(absolute);
  // What follows a colon may be the path; a slash or a dot before one says "path".
  if (!exists && !/^[^:,]*[/.]/.test(text)) throw unknownProvider(text, word);
  const real = exists ? realpathSync(absolute) : absolute;
  const stored = isStorePath(real) && !/\.(?:qcow2|raw|img)$/i.test(real);
  const provider = stored ? 'nix' : 'file';
  return {
    provider,
    target: stored ? real : path,
    options: parseOptions(provider, parts.slice(1), text),
    text,
  };
}

function unknownProvider(text: string, word: string | undefined): Error {
  const got = word ?? text.split(/[:,]/)[0] ?? text;
  return scenarioError('TAPBOOT_E_IMAGE_PROVIDER', `there is no image provider “${got}”`, {
    expected: `${PROVIDERS.join(', ')}, or the path of an image that exists`,
    got: text,
    hint: nearest(got, PROVIDERS) ?? `Examples: ${EXAMPLES}.`,
  });
}

function parseOptions(provider: string, parts: string[], text: string) {
  const known = keysOf(provider);
  const options: Record<string, string> = {};
  for (const part of parts) {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    if (!known.includes(key)) {
      throw scenarioError(
        'TAPBOOT_E_IMAGE_OPTION',
        part === ''
          ? 'the image SPEC has an empty option'
          : `the image provider “${provider}” has no option “${key}”`,
        {
          expected: `key=value with a key of: ${known.join(', ')}`,
          got: text,
          hint:
            nearest(key, known) ??
            'A comma within a value or a path needs quotes: append="console=ttyS0,115200".',
        },
      );
    }
    if (equals < 0 || Object.hasOwn(options, key)) {
      const why = equals < 0 ? 'has no value' : 'is given twice';
      throw scenarioError('TAPBOOT_E_IMAGE_OPTION', `the image option “${key}” ${why}`, {
        expected: `${key}=VALUE once`,
        got: text,
      });
    }
    options[key] = unquote(part.slice(equals + 1));
  }
  return options;
}

/** A suggestion, when some candidate is near enough to have been meant. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const best = closest(word.toLowerCase(), candidates);
  const limit = Math.max(2, Math.floor(best.length / 2));
  return distance(word.toLowerCase(), best) <= limit ? `Did you mean “${best}”?` : undefined;
}

/** An optional `key=`, then a quoted value; or anything up to the next comma. */
const PART =
  /^(?:[A-Za-z][\w-]*=)?(?:"(?:[^"\\]|\\[^])*"|'[^']*')|^(?!(?:[A-Za-z][\w-]*=)?["'])[^,]*/;

/**
 * Cuts at the commas that stand outside quotes. The quotes stay, for `unquote`: only a quote at
 * the start of a part or right after its `=` opens one, so that an apostrophe in a path is plain.
 *
 * @param whole the whole SPEC, for the message
 * @throws TapbootError `scenario` when a quote is not closed
 */
export function splitSpec(text: string, whole: string): string[] {
  if (text === '') return [];
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    const part = PART.exec(rest);
    const after = part === null ? undefined : rest.slice(part[0].length);
    if (part === null || (after !== '' && !after?.startsWith(','))) {
      throw scenarioError('TAPBOOT_E_IMAGE_SPEC', 'the image SPEC has a quote out of place', {
        expected: 'a quoted value that ends where the option ends: append="a,b",boot=direct',
        got: whole,
      });
    }
    parts.push(part[0]);
    if (after === '') return parts;
    rest = after.slice(1);
  }
}

/** Takes the quotes off; within double quotes, `\"` and `\\` stand for the character. */
export function unquote(value: string): string {
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"')) {
    return value.slice(1, -1).replace(/\\([\\"])/g, '$1');
  }
  if (value.length >= 2 && value.startsWith("'") && value.endsWith("'")) return value.slice(1, -1);
  return value;
}
