import { paddedBytes } from '../simd/lanes';

/**
 * Per row: loss = −c, c = y·t / (‖y‖·‖t‖), the cosine of the angle between outputs and targets; dy = (c·y/‖y‖ −
 * t/‖t‖)/‖y‖/count. Rows of outputs or targets with a norm of at
 * most epsilon have no direction: loss and derivative are 0. Sums are float64, so squares do not overflow.
 */
export function f32_cosine_similarity(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  epsilon: f32,
): void {
  const rows = <f64>count;
  const end = (<usize>n) << 2;
  for (; m > 0; --m) {
    let outputs: f64 = 0;
    let targets: f64 = 0;
    let both: f64 = 0;
    for (let j: usize = 0; j < end; j += 4) {
      const output = <f64>f32.load(y + j);
      const target = <f64>f32.load(t + j);
      outputs += output * output;
      targets += target * target;
      both += output * target;
    }
    const ny = sqrt(outputs);
    const nt = sqrt(targets);
    // A NaN compares false, and stays.
    const none = ny <= <f64>epsilon || nt <= <f64>epsilon;
    const cosine = none ? <f64>0 : both / (ny * nt);
    f32.store(loss, <f32>-cosine);
    const scale = none ? <f64>0 : <f64>1 / (ny * rows);
    const ofOutput = none ? <f64>0 : cosine / ny;
    const ofTarget = none ? <f64>0 : <f64>1 / nt;
    for (let j: usize = 0; j < end; j += 4) {
      const slope = (ofOutput * <f64>f32.load(y + j) - ofTarget * <f64>f32.load(t + j)) * scale;
      f32.store(dy + j, none ? <f32>0 : <f32>slope);
    }
    for (let j = end; j < paddedBytes(n); j += 4) f32.store(dy + j, 0);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  }
}
