/**
 * The part of the API reference that typedoc.json cannot say. Each declaration gets a category by the folder of its
 * source unless its docstring has a `@category`, so that a new export is never without one. The entry `wasm-mlp`
 * becomes the top of the reference. Interfaces of options are expanded where a function takes them.
 */

import { Comment, CommentTag, Converter, IndexEvent, LiteralType, ReflectionKind, UnionType } from 'typedoc';

/** Category of what is declared under a path; the first that fits counts. typedoc.json has their order. */
const CATEGORIES = [
  ['src/model/checkpoint', 'Files'],
  ['src/inference/attach', 'Engines and threads'],
  ['src/inference/custom-objects', 'Files'],
  ['src/training/diagnosis', 'Diagnosis'],
  ['src/common/errors', 'Errors'],
  ['src/activations/', 'Activations'],
  ['src/common/', 'Models'],
  ['src/constraints/', 'Regularizers and constraints'],
  ['src/engine/', 'Engines and threads'],
  ['src/graph/', 'Models'],
  ['src/inference/', 'Models'],
  ['src/initializers/', 'Initializers'],
  ['src/layers/', 'Layers'],
  ['src/losses/', 'Losses'],
  ['src/metrics/', 'Metrics'],
  ['src/model/', 'Models'],
  ['src/optimizers/', 'Optimizers'],
  ['src/quantization/', 'Models'],
  ['src/regularizers/', 'Regularizers and constraints'],
  ['src/runtime/', 'Engines and threads'],
  ['src/schedules/', 'Learning-rate schedules'],
  ['src/selection/', 'Tables'],
  ['src/tables/', 'Tables'],
  ['src/tabular/', 'Tables'],
  ['src/training/', 'Training and callbacks'],
];

/** Category of single names whose folder says something else. */
const CATEGORY_BY_NAME = new Map([
  ['loadModel', 'Files'],
  ['model', 'Models'],
  ['sequential', 'Models'],
  ['Predictions', 'Models'],
  ['LoadTableOptions', 'Tables'],
]);

/**
 * Comments of a declaration: its own, or those of its signatures where it is a function.
 *
 * @param {import('typedoc').DeclarationReflection} declaration
 */
function commentsOf(declaration) {
  const comments = [declaration, ...(declaration.signatures ?? [])].map(({ comment }) => comment);
  return comments.filter((comment) => comment !== undefined);
}

/**
 * Category of a declaration by the folder of its source.
 *
 * @param {import('typedoc').DeclarationReflection} declaration
 */
function categoryOf(declaration) {
  const path = declaration.project.getSymbolIdFromReflection(declaration)?.packagePath ?? '';
  const category = CATEGORY_BY_NAME.get(declaration.name) ?? CATEGORIES.find(([start]) => path.startsWith(start))?.[1];
  if (category === undefined) throw new Error(`typedoc-plugin: ${declaration.name} in ${path} has no category.`);
  return category;
}

/**
 * Adds a category unless a docstring names another.
 *
 * @param {import('typedoc').DeclarationReflection} declaration
 * @param {string} category
 */
function categorize(declaration, category) {
  const comments = commentsOf(declaration);
  if (comments.some((comment) => comment.getTag('@category') !== undefined)) return;
  const comment = comments[0] ?? (declaration.comment = new Comment());
  comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]));
}

/**
 * Turns a constant that holds a function, as `withoutOptions` returns them, into a function of the reference.
 *
 * @param {import('typedoc').DeclarationReflection} declaration
 */
function showAsFunction(declaration) {
  const signatures = declaration.type?.type === 'reflection' ? declaration.type.declaration.signatures : undefined;
  if (!declaration.kindOf(ReflectionKind.Variable) || signatures?.length !== 1) return;
  const [signature] = signatures;
  signature.name = declaration.name;
  signature.parent = declaration;
  signature.comment = declaration.comment;
  declaration.kind = ReflectionKind.Function;
  declaration.signatures = [signature];
  declaration.type = undefined;
  declaration.comment = undefined;
}

/**
 * Writes out the names of a type such as `keyof typeof ACTIVATIONS`.
 *
 * @param {import('typedoc').DeclarationReflection} declaration
 * @param {import('typedoc').Context} context
 */
function writeOutNames(declaration, context) {
  const symbol = context.getSymbolFromReflection(declaration);
  if (declaration.type?.type !== 'typeOperator' || declaration.type.operator !== 'keyof' || symbol === undefined)
    return;
  const type = context.programs[0].getTypeChecker().getDeclaredTypeOfSymbol(symbol);
  const members = type.isUnion() ? type.types : [type];
  const names = members.filter((member) => member.isStringLiteral()).map(({ value }) => value);
  declaration.type = new UnionType(names.sort().map((name) => new LiteralType(name)));
}

/**
 * Strings that a type alias consists of.
 *
 * @param {import('typedoc').Reflection} reflection
 * @returns {string[]}
 */
function namesIn(reflection) {
  if (!reflection.isDeclaration() || reflection.type?.type !== 'union') return [];
  return reflection.type.types.flatMap((type) =>
    type.type === 'literal' && typeof type.value === 'string' ? [type.value] : [],
  );
}

/**
 * Gives a parameter without a comment a blank one where its type is expanded: TypeDoc would show the comment of the
 * type there, and then once more above the options.
 *
 * @param {import('typedoc').ParameterReflection} parameter
 */
function silence(parameter) {
  const type = parameter.type?.type === 'reference' ? parameter.type.reflection : undefined;
  if (type?.comment?.hasModifier('@expand')) parameter.comment ??= new Comment([{ kind: 'text', text: ' ' }]);
}

/**
 * Sets categories and the top of the reference, before TypeDoc's own plugins read categories.
 *
 * @param {import('typedoc').Context} context
 */
function arrange(context) {
  const { project } = context;
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    const top = module.name === 'index';
    for (const declaration of module.children ?? []) {
      if (declaration.isReference()) continue;
      showAsFunction(declaration);
      writeOutNames(declaration, context);
      if (top) categorize(declaration, categoryOf(declaration));
      const options = declaration.kindOf(ReflectionKind.Interface) && declaration.name.endsWith('Options');
      if (options) declaration.comment?.modifierTags.add('@expand');
    }
    if (top) {
      project.mergeReflections(module, project);
    } else {
      module.name = `wasm-mlp/${module.name}`;
      categorize(module, 'Other entries');
    }
  }
  for (const document of project.documents ?? []) {
    document.name = document.name.replace(/^./, (first) => first.toUpperCase());
    document.frontmatter.category = 'Documents';
  }
}

/** @param {import('typedoc').Application} application */
export function load(application) {
  const { converter, renderer } = application;
  converter.on(Converter.EVENT_RESOLVE_BEGIN, arrange, 20_000);
  converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Parameter)) {
      if (reflection.isParameter()) silence(reflection);
    }
  });
  // A search for `relu` puts the type that has it among its names above options whose name contains it.
  renderer.on(IndexEvent.PREPARE_INDEX, (event) => {
    event.searchFieldWeights.names = 1000;
    event.searchResults.forEach((reflection, index) => {
      event.searchFields[index].names = namesIn(reflection).join(' ');
    });
  });
}
