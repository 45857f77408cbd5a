/** What a runtime takes to start and to say something: the other half of each pair with start-predict.mjs. */
process.stdout.write('{"bits":[]}');
