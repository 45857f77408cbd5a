/** Texts with formulas between backticks. */
import { Formula } from './formula.js';

export function Rich({ text }: { readonly text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <Formula key={i} text={part} /> : part))}</>;
}

/** Paragraphs of a subject, one for each text. */
export function Prose({ texts }: { readonly texts: readonly string[] }) {
  return (
    <div class="prose">
      {texts.map((text) => (
        <p key={text}>
          <Rich text={text} />
        </p>
      ))}
    </div>
  );
}
