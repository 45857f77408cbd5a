/** What the search looks at, and what it keeps of it. */

/** A section of a document, or a page of the API reference. */
export interface Section {
  readonly id: number;
  readonly title: string;
  readonly page: string;
  readonly address: string;
  readonly text: string;
}

export const SEARCH_FIELDS = {
  fields: ['title', 'page', 'text'],
  storeFields: ['title', 'page', 'address'],
  searchOptions: { boost: { title: 3, page: 2 }, prefix: true, fuzzy: 0.15 },
};
