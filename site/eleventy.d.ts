// Eleventy brings no types. Here is what the site uses of it.
declare module '@11ty/eleventy' {
  import type MarkdownIt from 'markdown-it';

  export interface UserConfig {
    setQuietMode(quiet: boolean): void;
    setUseGitIgnore(use: boolean): void;
    setTemplateFormats(formats: string[]): void;
    setIncludesDirectory(directory: string): void;
    amendLibrary(language: 'md', amend: (library: MarkdownIt) => void): void;
    addGlobalData(name: string, value: unknown): void;
    addFilter(name: string, filter: (...values: never[]) => unknown): void;
    addTemplate(path: string, content: string, data?: Record<string, unknown>): void;
    ignores: Set<string>;
  }

  export default class Eleventy {
    constructor(
      input: string,
      output: string,
      options: { quietMode?: boolean; config?: (eleventy: UserConfig) => void },
    );
    write(): Promise<unknown>;
  }
}
