/**
 * Measures the frames of the built site while it works. Prints a line for each activity; ends with an error where the
 * page's thread computed for more than 50 ms in one piece, in time of the processor.
 */
import { chromium } from 'playwright-core';
import { ACTIVITIES, measureFrames } from './frames.mjs';
import { CHROMIUM, serveBuilt } from './serve-built.mjs';

const MOST = 50;
const SECONDS = 5;

const { origin, close } = await serveBuilt();
const browser = await chromium.launch(CHROMIUM);
for (const activity of ACTIVITIES) {
  const { frames, tasks, clock, processor } = await measureFrames(browser, origin, activity, SECONDS);
  const share = (part) => frames[Math.floor(part * (frames.length - 1))].toFixed(1);
  console.log(
    `${activity.title}: ${frames.length} frames, median ${share(0.5)} ms, 99 % ${share(0.99)} ms; ${tasks} tasks, ` +
      `the longest ${processor.toFixed(1)} ms of the processor, ${clock.toFixed(1)} ms by the clock`,
  );
  if (processor > MOST) process.exitCode = 1;
}
await browser.close();
close();
