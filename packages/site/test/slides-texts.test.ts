/** The texts of the slides in both languages, and which of them a page is in. */
import { describe, expect, test } from 'vitest';
import { languageOf, TEXTS } from '../src/slides/language.js';
import { drawnSlides } from './support.js';

const pages = { en: drawnSlides('?lang=en'), zh: drawnSlides('?lang=zh') };

describe('the languages', () => {
  const keysOf = (texts: object): string[] =>
    Object.entries(texts).flatMap(([section, entries]) =>
      Object.keys(entries as object).map((key) => `${section}.${key}`),
    );
  const textsOf = (texts: object): string[] =>
    Object.values(texts).flatMap((entries) => Object.values(entries as object)) as string[];

  test('have the same keys, none of them empty, with the same values in braces', () => {
    expect(keysOf(TEXTS.zh)).toEqual(keysOf(TEXTS.en));
    const [en, zh] = [textsOf(TEXTS.en), textsOf(TEXTS.zh)];
    const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();
    en.forEach((text, i) => {
      expect(text.trim()).not.toBe('');
      expect(zh[i].trim()).not.toBe('');
      expect(new Set(holes(zh[i])), text).toEqual(new Set(holes(text)));
      expect(text.split('`').length % 2, text).toBe(1);
      expect(zh[i].split('`').length % 2, zh[i]).toBe(1);
    });
  });

  test('are really two: Chinese texts are Chinese', () => {
    const chinese = textsOf(TEXTS.zh).filter((text) => /\p{Script=Han}/u.test(text));
    expect(chinese.length).toBeGreaterThan(0.85 * textsOf(TEXTS.zh).length);
    expect(textsOf(TEXTS.en).filter((text) => /\p{Script=Han}/u.test(text))).toEqual([]);
    expect(pages.zh.textContent).not.toMatch(/\{\w+\}/);
    expect(pages.en.textContent).not.toMatch(/\{\w+\}/);
  });

  test.each([
    ['?lang=zh', 'en-US', 'zh'],
    ['?lang=en', 'zh-CN', 'en'],
    ['?lang=zh-CN', 'de', 'zh'],
    ['', 'zh-TW', 'zh'],
    ['', 'fr', 'en'],
    ['?lang=xx', 'zh', 'en'],
  ] as const)('of %j in a browser of %s is %s', (search, browser, language) => {
    expect(languageOf(search, browser)).toBe(language);
  });
});
