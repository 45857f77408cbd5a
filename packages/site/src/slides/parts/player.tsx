/** A slider over steps, with buttons for one step and for a run: nothing moves unless a button is pressed. */
import { useEffect, useState } from 'preact/hooks';
import { Slider } from '../../components/fields.js';
import { fill, useTexts } from '../language.js';

interface PlayerProps {
  readonly steps: number;
  readonly value: number;
  readonly onChange: (step: number) => void;
  /** Steps in a second. */
  readonly speed: number;
}

export function Player({ steps, value, onChange, speed }: PlayerProps) {
  const { common } = useTexts();
  const [running, setRunning] = useState(false);
  useEffect(() => {
    if (!running) return;
    if (value >= steps) {
      setRunning(false);
      return;
    }
    const timer = setTimeout(() => onChange(value + 1), 1000 / speed);
    return () => clearTimeout(timer);
  });
  const start = (): void => {
    if (!running && value >= steps) onChange(0);
    setRunning(!running);
  };
  return (
    <div class="player">
      <div class="buttons">
        <button type="button" class="primary" onClick={start}>
          {running ? common.pause : common.play}
        </button>
        <button type="button" disabled={running || value <= 0} onClick={() => onChange(value - 1)}>
          {common.back}
        </button>
        <button type="button" disabled={running || value >= steps} onClick={() => onChange(value + 1)}>
          {common.forward}
        </button>
      </div>
      <Slider
        label={common.step}
        value={value}
        min={0}
        max={steps}
        step={1}
        text={(step) => fill(common.ofSteps, { step, steps })}
        onChange={onChange}
      />
    </div>
  );
}
