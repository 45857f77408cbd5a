/** The subjects of the page, in the order of the slides. Ids are also anchors in the address. */
export const SUBJECT_IDS = [
  'layers',
  'regions',
  'xor',
  'activations',
  'nonlinearity',
  'backpropagation',
  'vanishing',
  'zigzag',
  'dead-units',
  'penalties',
  'losses',
  'initializations',
  'optimizers',
] as const;
export type SubjectId = (typeof SUBJECT_IDS)[number];
