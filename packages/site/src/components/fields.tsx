/** Controls with their labels. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly children: (ids: { id: string; 'aria-describedby': string | undefined }) => ComponentChildren;
}

function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const described = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described })}
      {hint !== undefined && (
        <p id={described} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, title: string])[];
  readonly onChange: (value: T) => void;
  readonly hint?: string | undefined;
  readonly disabled?: boolean;
}

export function Choice<T extends string>({ label, value, options, onChange, hint, disabled }: ChoiceProps<T>) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <select
          {...ids}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.value as T)}
        >
          {options.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number | 'any';
  readonly onChange: (value: number) => void;
  readonly disabled?: boolean;
  readonly hint?: string | undefined;
}

/** A number that is typed. Values out of range are not taken. */
export function NumberField({ label, value, min, max, step = 1, onChange, disabled, hint }: NumberProps) {
  const take = (text: string): void => {
    const number = Number(text);
    if (text !== '' && number >= min && number <= max && (step !== 1 || Number.isInteger(number))) onChange(number);
  };
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          value={value}
          min={min}
          max={max}
          step={step}
          disabled={disabled}
          onChange={(event) => take(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SliderProps extends Omit<NumberProps, 'step'> {
  readonly step: number;
  readonly text: (value: number) => string;
}

/** A number that is slid, with its value beside the label. */
export function Slider({ label, value, min, max, step, text, onChange, disabled }: SliderProps) {
  return (
    <Field label={`${label}: ${text(value)}`}>
      {(ids) => (
        <input
          {...ids}
          type="range"
          value={value}
          min={min}
          max={max}
          step={step}
          disabled={disabled}
          aria-valuetext={text(value)}
          onInput={(event) => onChange(Number(event.currentTarget.value))}
        />
      )}
    </Field>
  );
}
