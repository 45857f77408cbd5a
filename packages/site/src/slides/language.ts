/** The language of the page: in the address as `?lang=zh`, otherwise the browser's. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { en } from './texts/en.js';
import { zh } from './texts/zh.js';
import type { Texts } from './texts/texts.js';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

export const TEXTS: Readonly<Record<Language, Texts>> = { en, zh };

/** Values of the `lang` attribute. */
export const TAGS: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-Hans' };

/** Returns the language of an address (`location.search`), or else of the browser (`navigator.language`). */
export function languageOf(search: string, browser: string): Language {
  const asked = new URLSearchParams(search).get('lang')?.toLowerCase();
  return (asked ?? browser.toLowerCase()).startsWith('zh') ? 'zh' : 'en';
}

/** Returns the address of the page in a language, at the place of `hash`. */
export const addressOf = (language: Language, hash: string): string => `?lang=${language}${hash}`;

export const LanguageContext = createContext<Language>('en');

export const useTexts = (): Texts => TEXTS[useContext(LanguageContext)];

/** Puts values into the braces of a text: `fill('{n} units', { n: 3 })`. */
export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
