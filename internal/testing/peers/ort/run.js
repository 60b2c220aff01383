// Runs an .onnx file with ONNX Runtime when it is told to: run.js MODEL INPUT THREADS. It answers each line "run" with the
// milliseconds that took, "answer" with the output's bytes in hexadecimal.
'use strict';
const fs = require('fs');
const ort = require('onnxruntime-node');
const lines = require('readline').createInterface({ input: process.stdin });

async function main([model, input, threads]) {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'], graphOptimizationLevel: 'all', intraOpNumThreads: Number(threads), interOpNumThreads: 1,
  });
  const name = session.inputNames[0];
  const shape = session.inputMetadata[0].shape;
  const feeds = { [name]: new ort.Tensor('uint8', new Uint8Array(fs.readFileSync(input)), shape) };
  let outputs;
  console.log('ready ' + ort.env.versions.node);
  for await (const line of lines) {
    if (line === 'answer') {
      console.log(Buffer.from(outputs[session.outputNames[0]].data).toString('hex'));
      continue;
    }
    const begin = process.hrtime.bigint();
    outputs = await session.run(feeds);
    console.log(Number(process.hrtime.bigint() - begin) / 1e6);
  }
}

main(process.argv.slice(2)).catch((e) => {
  console.error(e.message);
  process.exit(1);
});
