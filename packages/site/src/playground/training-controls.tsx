/** How the network is trained: loss, optimizer, learning rate, penalties. */
import { Choice, NumberField, Slider } from '../components/fields.js';
import { INITIALIZERS, LOSSES, SCHEDULES, type OptimizerName } from '../settings/choices.js';
import { OPTIMIZERS } from '../settings/choices.js';
import { isFullBatch, LIMITS, lossesFor, optimizersFor, regularizersFor, type Settings } from '../settings/settings.js';

interface TrainingControlsProps {
  readonly settings: Settings;
  readonly change: (part: Partial<Settings>) => void;
}

const plain = <T extends string>(names: readonly T[]): (readonly [T, string])[] => names.map((name) => [name, name]);

export function TrainingControls({ settings, change }: TrainingControlsProps) {
  const { optimizer, schedule, regularizer, dropout } = settings;
  const full = isFullBatch(optimizer);
  const choose = (name: OptimizerName): void =>
    change({ optimizer: name, learningRate: OPTIMIZERS[name] ?? settings.learningRate });
  return (
    <section class="panel" aria-labelledby="training-title">
      <h2 id="training-title">Training</h2>
      <div class="pairs">
        <Choice
          label="Loss"
          value={settings.loss}
          options={lossesFor(settings).map((name) => [name, LOSSES[name].title] as const)}
          onChange={(loss) => change({ loss })}
        />
        <Choice
          label="Optimizer"
          value={optimizer}
          options={plain(optimizersFor(settings))}
          onChange={choose}
          hint={full ? 'Takes all points for each step.' : undefined}
        />
        <NumberField
          label="Learning rate"
          value={settings.learningRate}
          min={LIMITS.leastRate}
          max={LIMITS.rate}
          step="any"
          disabled={full}
          onChange={(learningRate) => change({ learningRate })}
        />
        {optimizer === 'sgd' && (
          <Slider
            label="Momentum"
            value={settings.momentum}
            min={0}
            max={0.99}
            step={0.01}
            text={(value) => value.toFixed(2)}
            onChange={(momentum) => change({ momentum })}
          />
        )}
        <Choice
          label="Schedule"
          value={schedule}
          options={plain(SCHEDULES)}
          disabled={full}
          onChange={(name) => change({ schedule: name })}
        />
        {schedule !== 'constant' && (
          <NumberField
            label="Steps of the schedule"
            value={settings.scheduleSteps}
            min={10}
            max={1_000_000}
            onChange={(scheduleSteps) => change({ scheduleSteps })}
          />
        )}
        <NumberField
          label="Batch size"
          value={settings.batchSize}
          min={1}
          max={LIMITS.points}
          disabled={full}
          onChange={(batchSize) => change({ batchSize })}
        />
        <Choice
          label="First weights"
          value={settings.initializer}
          options={plain(INITIALIZERS)}
          onChange={(initializer) => change({ initializer })}
        />
        <Choice
          label="Penalty"
          value={regularizer}
          options={plain(regularizersFor(optimizer))}
          onChange={(name) => change({ regularizer: name })}
        />
        {regularizer !== 'none' && (
          <NumberField
            label="Strength of the penalty"
            value={settings.regularization}
            min={0}
            max={10}
            step="any"
            onChange={(regularization) => change({ regularization })}
          />
        )}
        <Choice
          label="Normalization"
          value={settings.normalization}
          options={[
            ['none', 'none'],
            ['batch', 'of batches'],
            ['layer', 'of layers'],
          ]}
          onChange={(normalization) => change({ normalization })}
        />
        <Slider
          label="Dropout"
          value={dropout}
          min={0}
          max={0.8}
          step={0.05}
          disabled={full}
          text={(value) => `${Math.round(100 * value)} %`}
          onChange={(value) => change({ dropout: value })}
        />
      </div>
    </section>
  );
}
