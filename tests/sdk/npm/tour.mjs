// Calls the emulator with the npm SDK and prints what it saw as JSON: node tour.mjs <base URL> <key>
import humanloop from "humanloop";

const [baseUrl, apiKey] = process.argv.slice(2);
const client = new humanloop.HumanloopClient({ baseUrl, apiKey });

async function all(pager) {
  const items = [];
  for await (const item of await pager) items.push(item);
  return items;
}

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return { name: error.constructor.name, statusCode: error.statusCode, body: error.body };
  }
}

const prompt = await client.prompts.upsert({
  path: "Npm/Question",
  model: "gpt-4o",
  template: [{ role: "user", content: "What is the capital of {{country}}?" }],
});
const flow = await client.flows.upsert({ path: "Npm/Answerer", attributes: { attributes: { strategy: "atlas" } } });
const dataset = await client.datasets.upsert({
  path: "Npm/Capitals",
  datapoints: [
    { inputs: { country: "France" }, target: { capital: "Paris" } },
    { inputs: { country: "Peru" }, target: { capital: "Lima" } },
  ],
  includeDatapoints: true,
});
const found = await client.datasets.upsert({ path: "Npm/Capitals", action: "add", datapoints: [] });
const spec = (returnType) => ({ argumentsType: "target_required", returnType, evaluatorType: "external" });
const correct = await client.evaluators.upsert({ path: "Npm/Correct", spec: spec("boolean") });
const score = await client.evaluators.upsert({ path: "Npm/Score", spec: spec("number") });

const evaluation = await client.evaluations.create({
  name: "Nightly",
  file: { id: flow.id },
  evaluators: [{ path: correct.path }, { id: score.id }],
});
const taken = await failure(client.evaluations.create({ name: "Nightly", file: { id: flow.id }, evaluators: [] }));
const run = await client.evaluations.createRun(evaluation.id, {
  dataset: { versionId: dataset.versionId },
  version: { versionId: flow.versionId },
  orchestrated: false,
  useExistingLogs: false,
});

// One Log joins the Run as it is logged, with a prompt Log in its trace; another is linked afterwards.
const joined = await client.flows.log({
  path: flow.path,
  inputs: { country: "France" },
  sourceDatapointId: dataset.datapoints[0].id,
  runId: run.id,
  startTime: new Date(),
  logStatus: "incomplete",
});
await client.prompts.log({ path: prompt.path, traceParentId: joined.id, output: "Paris" });
await client.flows.updateLog(joined.id, { output: "Paris", logStatus: "complete" });
const linked = await client.flows.log({ id: flow.id, output: "Lima", sourceDatapointId: dataset.datapoints[1].id });
const withLogs = await client.evaluations.addLogsToRun(evaluation.id, run.id, { logIds: [linked.id] });
const before = await client.evaluations.getStats(evaluation.id);
for (const [parentId, value] of [[joined.id, 1], [linked.id, 0.5]]) {
  await client.evaluators.log({ path: correct.path, versionId: correct.versionId, parentId, judgment: value === 1 });
  await client.evaluators.log({ path: score.path, versionId: score.versionId, parentId, judgment: value });
}

const log = await client.logs.get(joined.id);
const logs = await client.evaluations.getLogs(evaluation.id, { runId: run.id });
const runs = (await client.evaluations.listRunsForEvaluation(evaluation.id)).runs;
const csv = new File(["country,target\nChad,N'Djamena\n"], "more.csv", { type: "text/csv" });
const seen = {
  files: (await client.files.listFiles({ path: "Npm", sortBy: "name", order: "asc" })).records.map((file) => file.type),
  prompts: (await all(client.prompts.list({ size: 1 }))).map((file) => file.path),
  evaluators: (await all(client.evaluators.list({ size: 1, order: "asc" }))).map((file) => file.spec.returnType),
  flow: (await client.files.retrieveByPath({ path: flow.path })).attributes,
  datapoints: (await all(client.datasets.listDatapoints(dataset.id, { size: 1 }))).map((point) => point.target),
  sameDataset: found.versionId === dataset.versionId,
  uploaded: (await client.datasets.uploadCsv(csv, dataset.id, { versionName: "More" })).datapointsCount,
  evaluations: (await all(client.evaluations.list({ fileId: flow.id }))).map((one) => one.name),
  taken,
  missing: await failure(client.prompts.get("pr_nothing")),
  invalid: await failure(client.evaluations.getLogs(evaluation.id, { page: 0 })),
  linkedTo: withLogs.id === run.id,
  before: { status: before.status, progress: before.progress },
  runs: runs.map(({ dataset, version, control, status }) => [dataset.path, version.attributes, control, status]),
  stats: await client.evaluations.getStats(evaluation.id),
  logs: logs.records.map(({ log, datapoint, evaluatorLogs }) => ({
    output: log.output,
    country: datapoint.inputs.country,
    judgments: evaluatorLogs.map((judged) => judged.judgment),
  })),
  log: { status: log.logStatus, inputs: log.inputs, children: log.traceChildren.map((child) => child.output) },
  outputs: (await all(client.logs.list({ fileId: flow.id, size: 1 }))).map((one) => one.output),
};
console.log(JSON.stringify(seen));
