import { lastBootLoader } from './boot-loaders.js';
import {
  ASKS_FOR_ENTER,
  looksLikeShellPrompt,
  LOGGED_IN,
  LOGIN_INCORRECT,
  LOGIN_PROMPT,
  LOGIN_WRITTEN_OVER,
  PASSWORD_PROMPT,
  RESCUE_PROMPT,
  SHELL_PROMPT_ANYWHERE,
  lastLine,
} from './prompts.js';

/** What a console shows. */
export interface Shown {
  /** Plain text since the last typing, without the lines of kernel and systemd. */
  view: string;
  /** Somebody draws a screen: see TerminalCleaner.placed. */
  placed: boolean;
  /** Somebody reads with a line editor: see TerminalCleaner.lineEditor. */
  lineEditor: boolean;
  /** A name was given, or somebody was logged in before: what follows is no boot loader's. */
  loggedIn: boolean;
}

/**
 * What waits at a console that has come to rest.
 * - `login`: getty asks for a name; `login-written-over`: it did, and something was written behind
 * - `password`: somebody asks for a password
 * - `enter`: a line asks for Enter, before a login or a shell
 * - `shell`: a shell, most likely; a question will tell
 * - `quiet`: a login has been shown, and no prompt behind it yet
 * - `boot-loader`: a menu or prompt of a boot loader or of the firmware, or another screen
 * - `unknown`: an unfinished line that says nothing of the above
 * - `nothing`: no unfinished line
 */
export type Waiting =
  | { at: 'login' | 'login-written-over' | 'password' | 'enter' | 'shell' | 'quiet' | 'nothing' }
  | { at: 'boot-loader'; name: string }
  | { at: 'unknown'; line: string };

/**
 * Tells what waits at a console. What a key does to a boot loader nobody knows: so nothing
 * counts as a login or a shell but what only these show, and that only behind the last words of a
 * boot loader, and not within a screen that is drawn.
 */
export function whatWaits({ view, placed, lineEditor, loggedIn }: Shown): Waiting {
  const line = endOf(lastLine(view));
  const loader = loggedIn ? undefined : lastBootLoader(view);
  const atLoader = loader !== undefined && loader.end >= view.length && line.trim() !== '';
  if (!loggedIn && (placed || atLoader))
    return { at: 'boot-loader', name: loader?.name ?? 'something that draws a screen' };
  const behind = loader === undefined ? view : view.slice(loader.end);
  if (LOGIN_PROMPT.test(line)) return { at: 'login' };
  if (PASSWORD_PROMPT.test(line)) return { at: 'password' };
  if (RESCUE_PROMPT.test(line)) return { at: 'unknown', line };
  if (lineEditor) return { at: 'shell' };
  const blank = line.trim() === '';
  if (blank && LOGIN_WRITTEN_OVER.test(behind)) return { at: 'login-written-over' };
  if (ASKS_FOR_ENTER.test(lastFilledLine(behind))) return { at: 'enter' };
  if (loggedIn || LOGGED_IN.test(behind)) {
    const written = SHELL_PROMPT_ANYWHERE.test(behind) && !LOGIN_INCORRECT.test(behind);
    return { at: !blank || written ? 'shell' : 'quiet' };
  }
  if (looksLikeShellPrompt(line)) return { at: 'shell' };
  return blank ? { at: 'nothing' } : { at: 'unknown', line: line.trim() };
}

const lastFilledLine = (text: string): string => endOf(lastLine(text.trimEnd()));

/** Characters of a line that are looked at; a prompt has far less. */
const LINE_LIMIT = 2048;

/** The end of a line: patterns that look for words in it cost the square of its length. */
const endOf = (line: string): string =>
  line.length <= LINE_LIMIT ? line : `…${line.slice(-LINE_LIMIT)}`;
