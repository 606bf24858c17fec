// Lets the npm SDK run an evaluation of two versions of a flow: node evaluate.mjs <base URL> <key>
import humanloop from "humanloop";

const [baseUrl, apiKey] = process.argv.slice(2);
const client = new humanloop.HumanloopClient({ baseUrl, apiKey });
const datapoints = Array.from({ length: 12 }, (_, n) => ({
  inputs: { number: String(n) },
  target: { square: String(n * n) },
}));

function evaluate(version, callable) {
  return client.evaluations.run({
    name: "Squares",
    file: { path: "Npm/Square", type: "flow", version: { version }, callable },
    dataset: { path: "Npm/Numbers", datapoints },
    evaluators: [
      {
        path: "Npm/Right",
        argsType: "target_required",
        returnType: "boolean",
        threshold: 0.9,
        callable: ({ log, datapoint }) => log.output === datapoint.target.square,
      },
      {
        path: "Npm/Length",
        argsType: "target_free",
        returnType: "number",
        callable: ({ log }) => log.output.length,
      },
    ],
  });
}

const first = await evaluate(1, ({ number }) => String(number * 2));
const second = await evaluate(2, ({ number }) => String(number * number));
console.log(JSON.stringify({ first, second }));
