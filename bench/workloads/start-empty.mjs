/** Starts and prints a line: the baseline of each pair with start-predict.mjs, the cost of the runtime alone. */
process.stdout.write('{"bits":[]}');
